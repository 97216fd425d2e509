// The results as tables for a reader.
const number = (value) => {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
};
const kilobytes = (side) => number(side.bytes / 1024);

function table(head, rows) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const show = (line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ');
  console.log([show(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(show)].join('\n'));
}

const title = (text) => console.log(`\n${text}\n`);

function kinds({ kinds }) {
  title('One poll over open connections (medians; trips and kB: Supabase + SQL Server)');
  const rows = kinds.map(({ kind, changes, round_trip_ms, daemon, peer }) => [
    changes === 0 ? `no change at ${round_trip_ms} ms` : `${changes} ${kind} at ${round_trip_ms} ms`,
    number(daemon.wall_ms),
    number(daemon.own_ms),
    `${number(daemon.fastest_ms)} – ${number(daemon.slowest_ms)}`,
    `${daemon.supabase.round_trips} + ${daemon.sqlserver.round_trips}`,
    `${kilobytes(daemon.supabase)} + ${kilobytes(daemon.sqlserver)}`,
    number(peer.wall_ms),
    `${peer.supabase.round_trips} + ${peer.sqlserver.round_trips}`,
    `${kilobytes(peer.supabase)} + ${kilobytes(peer.sqlserver)}`,
    `${number(peer.wall_ms / daemon.wall_ms)}×`,
  ]);
  table(['', 'daemon ms', 'as logged', 'range', 'trips', 'kB', 'peer ms', 'trips', 'kB', 'faster'], rows);
}

function backlogs({ backlog }) {
  title('Backlog, in one poll');
  const row = (name, delay, one, times) => [
    `${name} at ${delay} ms`,
    number(one.rows),
    number(one.seconds),
    number(one.rows_per_second),
    times,
    number(one.idle_kb),
    number(one.peak_kb),
  ];
  const rows = backlog.flatMap(({ round_trip_ms: delay, daemon, peer }) => [
    row('daemon', delay, daemon, `${number(daemon.rows_per_second / peer.rows_per_second)}×`),
    row('peer', delay, peer, ''),
  ]);
  table(['', 'rows', 'seconds', 'rows/s', 'faster', 'private kB before', 'peak'], rows);
}

function idle({ idle }) {
  title('Idle, all connections open');
  const row = (name) => [name, number(idle[name].private_kb), idle[name].processor_percent.toFixed(3)];
  table(['', 'private kB', 'processor %'], [row('daemon'), row('peer')]);
}

function webhookLatency({ latency, beside_slow }) {
  title('Webhooks by the clock, from the time due to the answer after the commit');
  const row = (name, { rate, answers, not_200, p50_ms, p99_ms, max_ms }) => {
    return [name, ...[rate, answers, not_200, p50_ms, p99_ms, max_ms].map(number)];
  };
  table(
    ['', 'a second', 'answers', 'not 200', 'p50 ms', 'p99 ms', 'max ms'],
    [
      row('daemon', latency.daemon),
      row('peer', latency.peer),
      row(`daemon beside ${beside_slow.slow_clients} slow clients`, beside_slow),
    ],
  );
}

function webhookBursts({ burst }) {
  title(`Bursts of ${burst.webhooks} webhooks for 150 rows, ${burst.runs} times; the worst of each`);
  table(['', 'slowest answer ms', 'not 200', 'rows written', 'batches'],
    [['daemon', ...[burst.slowest_ms, burst.not_200, burst.rows, burst.batches].map(number)]]);
}

function webhookThroughput({ throughput, without_triggers, soak }) {
  title(`Webhooks by wrk, ${soak.connections} connections, each for a row that has changed; the middle of the runs`);
  const row = (name, one, times) => [
    name,
    ...[one.seconds, one.answers, one.not_2xx + one.broken, one.rows, one.rows_per_second, one.p50_ms, one.p99_ms,
      one.processor_us_per_row, one.target_processor_us_per_row].map(number),
    times,
  ];
  table(
    ['', 'seconds', 'answers', 'failed', 'rows written', 'rows/s', 'p50 ms', 'p99 ms', 'own µs/row', 'SQL Server µs/row', 'faster'],
    [
      row('daemon', throughput.daemon, `${number(throughput.times)}×`),
      row('peer', throughput.peer, ''),
      row('daemon, no triggers', without_triggers.daemon, `${number(without_triggers.times)}×`),
      row('peer, no triggers', without_triggers.peer, ''),
    ],
  );
  title(`Webhooks by wrk for ${number(soak.seconds)} s: private memory of the daemon in kB`);
  table(['', 'answers', 'failed', 'before', 'least', 'most', 'growth of the fitted line', 'after'],
    [['daemon', ...[soak.answers, soak.not_2xx + soak.broken, soak.before_kb, soak.least_kb, soak.most_kb, soak.growth_kb, soak.after_kb].map(number)]]);
}

function queueDrains({ drains }) {
  title('The queue drained in one go (trips: Supabase + SQL Server)');
  const row = (name, delay, one, times) => [
    `${name} at ${delay} ms`,
    ...[one.items, one.records, one.wall_ms, one.items_per_second, one.rows_written].map(number),
    `${one.trips.supabase} + ${one.trips.sqlserver}`,
    ...[one.idle_kb, one.peak_kb].map(number),
    times,
  ];
  const rows = drains.flatMap(({ round_trip_ms: delay, daemon, peer }) => [
    row('daemon', delay, daemon, `${number(daemon.items_per_second / peer.items_per_second)}×`),
    row('peer', delay, peer, ''),
  ]);
  table(['', 'items', 'rows', 'ms', 'items/s', 'rows written', 'trips', 'private kB before', 'peak', 'faster'], rows);
}

function bars(results) {
  title('Bars');
  const rows = results.bars.map(({ name, bar, value, unit, met }) => [name, bar, `${number(value)} ${unit}`.trim(), met ? 'met' : 'MISSED']);
  table(['', 'bar', 'measured', ''], rows);
}

export function print(results) {
  const { setup } = results;
  console.log(
    `\n${setup.processors} × ${setup.processor}, node ${setup.node}, connections ${setup.encrypted ? 'encrypted' : 'in the clear'}, ` +
      `peer: ${setup.peer_calls_per_row} call(s) a row${setup.quick ? '; QUICK run, too short to judge by' : ''}`,
  );
  if (Math.max(setup.load_average.before, setup.load_average.after) > 2 * setup.processors) {
    console.log(`the machine was busy with other work (load ${setup.load_average.before.toFixed(1)} to ${setup.load_average.after.toFixed(1)}): times are too long`);
  }
  if (results.polls) [kinds, backlogs, idle].forEach((section) => section(results.polls));
  if (results.webhooks) [webhookLatency, webhookBursts, webhookThroughput, idle].forEach((section) => section(results.webhooks));
  if (results.queue) queueDrains(results.queue);
  bars(results);
}
