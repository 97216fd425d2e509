// Webhooks. Each implementation writes to a SQL Server of its own; nothing lies between them and their servers.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ClinicServer, Supabase } from './clinic.mjs';
import { pause, privateMemory, processorTime, Program } from './process.mjs';
import { writeSettings } from './settings.mjs';
import { openLoop, Sender, SlowClients } from './traffic.mjs';
import { runWrk } from './wrk.mjs';

const plans = {
  full: {
    idleSeconds: 60, latencySeconds: 30, bursts: 10, slowSeconds: 30, soakSeconds: 300,
    wrk: { runs: 5, seconds: 10, notes: 150_000, peerNotes: 40_000 },
  },
  quick: {
    idleSeconds: 3, latencySeconds: 3, bursts: 2, slowSeconds: 4, soakSeconds: 10,
    wrk: { runs: 1, seconds: 3, notes: 45_000, peerNotes: 12_000 },
  },
};

// Webhooks come when doctors work: far fewer than this.
const rate = 200;
const slowClients = 500;
// Beside the slow ones there is room for twelve.
const normalConnections = 8;

const note = (text) => console.error(`webhooks: ${text}`);

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

// Of one measurement: how many, and how long they took.
function spread(answers) {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    answers: answers.length,
    not_200: answers.filter(({ status }) => status !== 200).length,
    p50_ms: percentile(sorted, 0.5),
    p99_ms: percentile(sorted, 0.99),
    max_ms: sorted.at(-1),
  };
}

class HttpService {
  // `target`: its SQL Server. Resolves once everything is connected.
  static async start(world, name, supabase, { sslmode, ready, command, args }) {
    const service = new HttpService();
    service.target = await ClinicServer.start(`webhooks_${name}`, join(world.build, 'tests/sqlserver_sim/sqlserver-sim'), world.clusterUrl);
    service.secret = randomBytes(24).toString('hex');
    const { file, settings } = await writeSettings(world, `webhooks-${name}`, {
      supabase: supabase.url,
      server: service.target,
      serverPort: service.target.settings.port,
      sslmode,
      more: { SUPABASE_WEBHOOK_SECRET: service.secret },
    });
    service.url = new URL(`http://${settings.HOST}:${settings.PORT}`);
    service.program = new Program(name, command, args(file), { PATH: process.env.PATH });
    await service.program.waitFor(ready);
    return service;
  }

  memory() {
    return privateMemory(this.program.pid);
  }

  sender(connections) {
    return new Sender(this.url, this.secret, connections);
  }

  async inbox() {
    const answer = await fetch(new URL('/api/sync/status', this.url));
    return (await answer.json()).inbox;
  }
}

const caughtUp = /Reverse sync complete/;

const startDaemon = (world, supabase) =>
  HttpService.start(world, 'daemon', supabase, {
    sslmode: 'require',
    ready: caughtUp,
    command: join(world.build, 'daemon/reverse-syncd'),
    args: (file) => ['run', '--env-file', file],
  });

const startPeer = (world, supabase) =>
  HttpService.start(world, 'peer', supabase, {
    sslmode: 'no-verify',
    ready: /^listening on/,
    command: process.execPath,
    args: (file) => [new URL('peer/webhook_peer.mjs', import.meta.url).pathname, file],
  });

async function measureIdle(service, seconds) {
  const before = processorTime(service.program.pid);
  await pause(seconds * 1000);
  const processor_percent = (processorTime(service.program.pid) - before) / (seconds * 10);
  return { private_kb: service.memory(), processor_percent };
}

// A note is added in Supabase, and its webhook posted a moment later at its time. An answer of 200 must come after the
// commit: every so often SQL Server is asked for the row as soon as the answer is there.
async function measureLatency(supabase, service, seconds) {
  const sender = service.sender(64);
  const asked = 20; // every so many
  const keys = [];
  const answers = await openLoop(sender, {
    rate,
    seconds,
    leadMs: 250,
    make: async (index) => {
      const { key, body } = await supabase.addNote(index);
      keys[index] = key;
      return body;
    },
    answered: async (index, status) => {
      if (status !== 200 || index % asked !== 0) return;
      if (!(await service.target.holdsNote(keys[index]))) throw new Error(`note ${keys[index]} was answered before it was committed`);
    },
  });
  sender.close();
  return { rate, ...spread(answers) };
}

// 200 webhooks at once for 150 notes, 50 of them twice, each on a connection of its own.
async function measureBursts(supabase, service, runs) {
  const samples = [];
  for (let run = 0; run < runs; ++run) {
    const edition = await supabase.newEdition(1, 150);
    const bodies = await supabase.editBodies(1, 150);
    const all = [...bodies, ...bodies.slice(0, 50)];
    const before = await service.inbox();
    const sender = service.sender(all.length);
    const started = performance.now();
    const answers = await Promise.all(
      all.map(async (body) => {
        const status = await sender.post(body);
        return { status, ms: performance.now() - started };
      }),
    );
    sender.close();
    const after = await service.inbox();
    samples.push({
      ...spread(answers),
      rows: await service.target.arrived(edition),
      batches: after.batches - before.batches,
    });
  }
  const worst = (pick) => Math.max(...samples.map(pick));
  return {
    runs,
    webhooks: 200,
    rows: Math.min(...samples.map((sample) => sample.rows)),
    batches: worst((sample) => sample.batches),
    not_200: worst((sample) => sample.not_200),
    slowest_ms: worst((sample) => sample.max_ms),
    samples,
  };
}

// Rows that SQL Server holds afterwards and did not hold before; wrk's own count of answers is the upper limit. Processor
// time says where the rest of the time goes, and depends little on what else the machine does.
async function measureWrk(supabase, service, notes, seconds) {
  const edition = await supabase.newEdition(1, notes);
  await service.target.settle();
  const before = [processorTime(service.program.pid), await service.target.processorTime()];
  const wrk = await runWrk(service.url, service.secret, { seconds, edition });
  const used = [processorTime(service.program.pid) - before[0], (await service.target.processorTime()) - before[1]];
  if (wrk.answers > notes) throw new Error(`wrk sent ${wrk.answers} webhooks for ${notes} edits: more edits are needed`);
  const arrived = await service.target.arrived(edition);
  const rows = Math.min(arrived, wrk.answers - wrk.not_2xx);
  const [own, target] = used.map((ms) => (ms * 1000) / rows);
  return { ...wrk, rows, rows_per_second: rows / wrk.seconds, processor_us_per_row: own, target_processor_us_per_row: target };
}

// The middle one of several runs.
async function compareWrk(supabase, daemon, peer, plan) {
  const runs = [];
  for (let run = 0; run < plan.runs; ++run) {
    note(`wrk for ${plan.seconds} s on the peer, then on the daemon`);
    const one = {
      peer: await measureWrk(supabase, peer, plan.peerNotes, plan.seconds),
      daemon: await measureWrk(supabase, daemon, plan.notes, plan.seconds),
    };
    runs.push({ ...one, times: one.daemon.rows_per_second / one.peer.rows_per_second });
  }
  return runs.sort((a, b) => a.times - b.times)[runs.length >> 1];
}

// Once as the clinic's tables are, and once without their triggers: the stand-in needs milliseconds for a trigger, a real
// server microseconds, and the peer fires one for each row.
async function measureThroughput(supabase, daemon, peer, plan) {
  await supabase.keepFromCleaningUp();
  const throughput = await compareWrk(supabase, daemon, peer, plan);
  await Promise.all([daemon, peer].map((service) => service.target.dropNoteTriggers()));
  return { throughput, without_triggers: await compareWrk(supabase, daemon, peer, plan) };
}

// The line through points (x, y) with the least squares: how much y changes with each x.
function slope(points) {
  const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const spreadOfX = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spreadOfX;
}

// wrk for minutes, while an editor goes round the notes ahead of it, so that there is something to write.
async function measureSoak(supabase, service, notes, seconds) {
  const before = service.memory();
  const started = performance.now();
  const samples = [];
  const sampler = setInterval(() => samples.push({ x: (performance.now() - started) / 1000, y: service.memory() }), 250);
  const slice = 5_000;
  let editing = true;
  const editor = (async () => {
    for (let first = 1; editing; first = first + slice > notes ? 1 : first + slice) {
      await supabase.newEdition(first, Math.min(notes, first + slice - 1));
      await pause(500);
    }
  })();
  const edition = { count: notes, mark: '', at: new Date().toISOString() };
  const wrk = await runWrk(service.url, service.secret, { seconds, edition }).finally(() => {
    editing = false;
    clearInterval(sampler);
  });
  await editor;
  await pause(1000);
  const settled = samples.filter((sample) => sample.x > seconds / 10 && sample.x < seconds);
  const kb = settled.map((sample) => sample.y);
  return {
    ...wrk,
    before_kb: before,
    least_kb: Math.min(...kb),
    most_kb: Math.max(...kb),
    growth_kb: slope(settled) * seconds,
    after_kb: service.memory(),
  };
}

async function measureBesideSlow(supabase, service, seconds, notes) {
  const slow = new SlowClients(service.url, service.secret, slowClients);
  await pause(2000);
  const connected = slow.connected;
  await supabase.newEdition(1, notes);
  const bodies = await supabase.editBodies(1, notes);
  const sender = service.sender(normalConnections);
  const answers = await openLoop(sender, {
    rate: notes / seconds,
    seconds,
    leadMs: 0,
    make: async (index) => bodies[index],
    answered: async () => {},
  });
  sender.close();
  slow.close();
  return { slow_clients: connected, cut: slow.cut, rate: notes / seconds, ...spread(answers) };
}

// The poll finds the edits that nobody announced; then both sides must be equal, or the times say nothing.
async function verify(supabase, daemon) {
  const polled = daemon.program.waitFor(caughtUp, { seconds: 600 });
  daemon.program.signal('SIGUSR1');
  await polled;
  const [source, target] = [await supabase.summary(), await daemon.target.summary()];
  if (source !== target) throw new Error(`Supabase holds (${source}), SQL Server (${target})`);
}

export async function measureWebhooks(world) {
  const plan = world.quick ? plans.quick : plans.full;
  const supabase = await Supabase.prepare('webhooks', world.clusterUrl, world.role.user);
  note(`preparing ${plan.wrk.notes} notes`);
  await supabase.addOldNotes(plan.wrk.notes);
  const peer = await startPeer(world, supabase);
  await peer.target.addOldNotes(plan.wrk.peerNotes);
  const daemon = await startDaemon(world, supabase);
  await daemon.target.addOldNotes(plan.wrk.notes);

  note(`idle for ${plan.idleSeconds} s`);
  const [idle, peerIdle] = await Promise.all([daemon, peer].map((service) => measureIdle(service, plan.idleSeconds)));
  note(`${rate} webhooks a second for ${plan.latencySeconds} s`);
  const latency = { daemon: await measureLatency(supabase, daemon, plan.latencySeconds) };
  latency.peer = await measureLatency(supabase, peer, plan.latencySeconds);
  note('bursts of 200 webhooks');
  const burst = await measureBursts(supabase, daemon, plan.bursts);
  note(`${slowClients} slow clients for ${plan.slowSeconds} s`);
  const beside_slow = await measureBesideSlow(supabase, daemon, plan.slowSeconds, plan.slowSeconds * 50);
    note(`wrk for ${plan.soakSeconds} s`);
  const soak = await measureSoak(supabase, daemon, plan.wrk.notes, plan.soakSeconds);
  const rows = await measureThroughput(supabase, daemon, peer, plan.wrk);
  note('comparing');
  await verify(supabase, daemon);
  await pause(7000); // it gives memory back within 5 s
  const idle_after = { private_kb: daemon.memory() };
  return { idle: { daemon: idle, peer: peerIdle }, idle_after, latency, burst, beside_slow, soak, ...rows };
}
