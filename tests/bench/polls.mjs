// The polls. Both implementations meet the same changes: each writes to a SQL Server of its own.
import { join } from 'node:path';
import { ClinicServer, Supabase } from './clinic.mjs';
import { Link } from './link.mjs';
import { pause } from './process.mjs';
import { Service } from './service.mjs';
import { writeSettings } from './settings.mjs';

const plans = {
  full: { runs: { 0: 15, 5: 11, 500: 7 }, peerRuns: { 0: 15, 5: 11, 500: 5 }, backlog: 100_000, peerBacklog: 2_000, idleSeconds: 60 },
  quick: { runs: { 0: 3, 5: 3, 500: 2 }, peerRuns: { 0: 3, 5: 3, 500: 1 }, backlog: 5_000, peerBacklog: 200, idleSeconds: 3 },
};
const delays = [0, 20];

// Rows younger than this may be left to the next poll, because a transaction that began before them may still be open.
const settleMs = 1_500;

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// The median of each figure of several samples of one shape.
function medians(samples) {
  const of = (pick) => median(samples.map(pick));
  const traffic = (side) => ({
    round_trips: of((sample) => sample.traffic[side].round_trips),
    bytes: of((sample) => sample.traffic[side].client_to_server_bytes + sample.traffic[side].server_to_client_bytes),
  });
  return {
    runs: samples.length,
    wall_ms: of((sample) => sample.wall),
    own_ms: of((sample) => sample.own),
    fastest_ms: Math.min(...samples.map((sample) => sample.wall)),
    slowest_ms: Math.max(...samples.map((sample) => sample.wall)),
    supabase: traffic('supabase'),
    sqlserver: traffic('sqlserver'),
  };
}

async function expectPoll(service, count, polling) {
  const sample = await polling;
  if (sample.notes !== count) throw new Error(`${service.name} synced ${sample.notes} notes, not ${count}`);
  return sample;
}

async function measureKind({ supabase, daemon, peer }, plan, kind, count, delay) {
  console.error(`polls of ${count} ${kind} at ${delay} ms`);
  await Promise.all([daemon.setDelay(delay), peer.setDelay(delay)]);
  const samples = { daemon: [], peer: [] };
  for (let run = 0; run < plan.runs[count]; ++run) {
    if (kind === 'edits') await supabase.editNotes(count);
    else await supabase.addNotes(count);
    await pause(count === 0 ? 50 : settleMs);
    samples.daemon.push(await expectPoll(daemon, count, daemon.poll()));
    const peerRuns = run < plan.peerRuns[count];
    if (!peerRuns) await peer.setDelay(0); // it only has to keep up
    const sample = await expectPoll(peer, count, peer.poll());
    if (peerRuns) samples.peer.push(sample);
  }
  return { kind, changes: count, round_trip_ms: delay, daemon: medians(samples.daemon), peer: medians(samples.peer) };
}

// Rows per second through one long poll. The peer's backlogs are shorter (the daemon's would take it the better part of
// an hour) and come first: afterwards it has nothing more to do.
async function measureBacklogs({ supabase, daemon, peer }, plan) {
  const backlog = async (service, delay, rows) => {
    console.error(`${service.name}: backlog of ${rows} notes at ${delay} ms`);
    await service.setDelay(delay);
    await supabase.addNotes(rows);
    await pause(settleMs);
    const idle = service.memory();
    const { wall, peak, traffic } = await expectPoll(service, rows, service.pollWatched({ seconds: 1_800 }));
    return { rows, seconds: wall / 1000, rows_per_second: (rows * 1000) / wall, idle_kb: idle, peak_kb: peak, traffic };
  };
  const results = delays.map((delay) => ({ round_trip_ms: delay }));
  await daemon.setDelay(0);
  for (const result of results) {
    result.peer = await backlog(peer, result.round_trip_ms, plan.peerBacklog);
    await expectPoll(daemon, plan.peerBacklog, daemon.poll());
  }
  for (const result of results) result.daemon = await backlog(daemon, result.round_trip_ms, plan.backlog);
  return results;
}

// Everything must have arrived, or the times say nothing.
async function verify({ supabase, daemon }) {
  const [source, target] = [await supabase.summary(), await daemon.server.summary()];
  if (source !== target) throw new Error(`Supabase holds (${source}), SQL Server (${target})`);
}

async function startService(world, name, supabase, sslmode, program) {
  const proxy = join(world.build, 'tests/support/latency-proxy');
  const server = await ClinicServer.start(name, join(world.build, 'tests/sqlserver_sim/sqlserver-sim'), world.clusterUrl);
  const links = {
    supabase: await Link.open(`the ${name}'s Supabase`, proxy, new URL(supabase.url).host),
    sqlserver: await Link.open(`the ${name}'s SQL Server`, proxy, server.address),
  };
  const near = new URL(supabase.url);
  near.port = links.supabase.port;
  const { file } = await writeSettings(world, name, { supabase: near.href, server, serverPort: links.sqlserver.port, sslmode });
  const environment = { PATH: process.env.PATH, PEER_CALLS_PER_ROW: world.peerCalls };
  const service = await Service.start(name, { ...program(file), environment }, links);
  return Object.assign(service, { server });
}

async function start(world) {
  const supabase = await Supabase.prepare('polls', world.clusterUrl, world.role.user);
  const daemon = await startService(world, 'daemon', supabase, 'require', (file) => ({
    command: join(world.build, 'daemon/reverse-syncd'),
    args: ['run', '--env-file', file],
    signal: 'SIGUSR1',
  }));
  const script = new URL('peer/peer.mjs', import.meta.url).pathname;
  const peer = await startService(world, 'peer', supabase, 'no-verify', (file) => ({
    command: process.execPath,
    args: [script, file],
    signal: 'SIGUSR2',
  }));
  return { supabase, daemon, peer };
}

export async function measurePolls(world) {
  const sides = await start(world);
  const { supabase, daemon, peer } = sides;
  const plan = world.quick ? plans.quick : plans.full;
  await Promise.all([daemon.setDelay(0), peer.setDelay(0)]);
  await supabase.addNotes(500);
  await pause(settleMs);
  await expectPoll(daemon, 500, daemon.poll());
  await expectPoll(peer, 500, peer.poll());

  const kinds = [];
  for (const delay of delays) {
    for (const count of [0, 5, 500]) kinds.push(await measureKind(sides, plan, 'new', count, delay));
    kinds.push(await measureKind(sides, plan, 'edits', 500, delay));
  }

  console.error(`idle for ${plan.idleSeconds} s`);
  const [processor, peerProcessor] = await Promise.all([daemon, peer].map((service) => service.idleProcessor(plan.idleSeconds)));
  const idle = {
    daemon: { private_kb: daemon.memory(), processor_percent: processor },
    peer: { private_kb: peer.memory(), processor_percent: peerProcessor },
  };

  const backlog = await measureBacklogs(sides, plan);
  await verify(sides);
  return { kinds, idle, backlog };
}
