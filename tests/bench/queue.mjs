// The queue: what the lab edits goes to Supabase. Each implementation has both databases for itself and meets the same
// edits there.
import { join } from 'node:path';
import { ClinicServer, Supabase } from './clinic.mjs';
import { Link } from './link.mjs';
import { privateMemory, Program } from './process.mjs';
import { writeSettings } from './settings.mjs';

const plans = {
  full: { daemon: { records: 1_000, edits: 10 }, peer: { records: 200, edits: 10 }, runs: 3 },
  quick: { daemon: { records: 1_000, edits: 10 }, peer: { records: 20, edits: 10 }, runs: 1 },
};
const delays = [0, 20];

class Drainer {
  static async start(world, name, { sslmode, ready, command, args }) {
    const drainer = new this();
    drainer.name = name;
    drainer.supabase = await Supabase.prepare(`queue_${name}`, world.clusterUrl, world.role.user);
    drainer.server = await ClinicServer.start(`queue_${name}`, join(world.build, 'tests/sqlserver_sim/sqlserver-sim'), world.clusterUrl);
    const proxy = join(world.build, 'tests/support/latency-proxy');
    drainer.links = {
      supabase: await Link.open(`the ${name}'s Supabase`, proxy, new URL(drainer.supabase.url).host),
      sqlserver: await Link.open(`the ${name}'s SQL Server`, proxy, drainer.server.address),
    };
    const near = new URL(drainer.supabase.url);
    near.port = drainer.links.supabase.port;
    const { file, settings } = await writeSettings(world, `queue-${name}`, {
      supabase: near.href,
      server: drainer.server,
      serverPort: drainer.links.sqlserver.port,
      sslmode,
      more: { FORWARD_SYNC_ENABLED: true, FORWARD_SYNC_POLL_SECONDS: 3600 }, // it drains when it is asked
    });
    drainer.url = `http://${settings.HOST}:${settings.PORT}`;
    drainer.program = new Program(name, command, args(file), { PATH: process.env.PATH });
    await drainer.program.waitFor(ready);
    return drainer;
  }

  // One drain of `records` notes of the lab, each edited `edits` times. `drain` asks for it and resolves after its end.
  async measure({ records, edits }, delay) {
    await Promise.all(Object.values(this.links).map((link) => link.delay(0)));
    const items = await this.server.queueLabNotes(records, edits);
    await this.supabase.forgetCounts();
    await Promise.all(Object.values(this.links).map((link) => link.delay(delay / 2)));
    await Promise.all(Object.values(this.links).map((link) => link.reset()));
    const idle = privateMemory(this.program.pid);
    let peak = idle;
    const sampler = setInterval(() => { peak = Math.max(peak, privateMemory(this.program.pid)); }, 20);
    const started = performance.now();
    await this.drain().finally(() => clearInterval(sampler));
    const wall = performance.now() - started;
    const traffic = { supabase: await this.links.supabase.stats(), sqlserver: await this.links.sqlserver.stats() };
    const left = await this.server.pendingItems();
    if (left > 0) throw new Error(`${this.name} left ${left} of ${items} items`);
    const [source, target] = [await this.server.labNotes(), await this.supabase.labNotes()];
    if (source !== target) throw new Error(`SQL Server holds (${source}), Supabase (${target})`);
    return {
      items, records, wall_ms: wall, items_per_second: (items * 1000) / wall,
      rows_written: await this.supabase.rowsWritten(), idle_kb: idle, peak_kb: peak,
      trips: { supabase: traffic.supabase.round_trips, sqlserver: traffic.sqlserver.round_trips },
    };
  }
}

class Daemon extends Drainer {
  static start(world) {
    return Drainer.start.call(Daemon, world, 'daemon', {
      sslmode: 'require',
      ready: /Reverse sync complete/,
      command: join(world.build, 'daemon/reverse-syncd'),
      args: (file) => ['run', '--env-file', file],
    });
  }

  async drain() {
    const answer = await fetch(`${this.url}/api/sync/trigger`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ direction: 'sql-to-postgres' }),
    });
    if (answer.status !== 200) throw new Error(`the daemon answered ${answer.status}`);
    await answer.arrayBuffer();
  }
}

class Peer extends Drainer {
  static start(world) {
    return Drainer.start.call(Peer, world, 'peer', {
      sslmode: 'no-verify',
      ready: /^connected/,
      command: process.execPath,
      args: (file) => [new URL('peer/queue_peer.mjs', import.meta.url).pathname, file],
    });
  }

  drain() {
    const drained = this.program.waitFor(/^drained/, { seconds: 1_800 });
    this.program.signal('SIGUSR2');
    return drained;
  }
}

const middle = (samples) => samples.sort((a, b) => a.wall_ms - b.wall_ms)[samples.length >> 1];

export async function measureQueue(world) {
  const plan = world.quick ? plans.quick : plans.full;
  const sides = { daemon: await Daemon.start(world), peer: await Peer.start(world) };
  const drains = [];
  for (const delay of delays) {
    const result = { round_trip_ms: delay };
    for (const [name, side] of Object.entries(sides)) {
      console.error(`queue: ${name} drains ${plan[name].records * plan[name].edits} items at ${delay} ms`);
      const samples = [];
      for (let run = 0; run < (name === 'daemon' ? plan.runs : 1); ++run) samples.push(await side.measure(plan[name], delay));
      result[name] = middle(samples);
    }
    drains.push(result);
  }
  return { drains };
}
