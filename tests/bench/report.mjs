// The results as tables for a reader.
const number = (value) => {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
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

function polls(results) {
  title('One poll over open connections (medians; trips and kB: Supabase + SQL Server)');
  const rows = results.polls.map(({ kind, changes, round_trip_ms, daemon, peer }) => [
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

function backlogs(results) {
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
  const rows = results.backlog.flatMap(({ round_trip_ms: delay, daemon, peer }) => [
    row('daemon', delay, daemon, `${number(daemon.rows_per_second / peer.rows_per_second)}×`),
    row('peer', delay, peer, ''),
  ]);
  table(['', 'rows', 'seconds', 'rows/s', 'faster', 'private kB before', 'peak'], rows);
}

function idle(results) {
  title('Idle, all connections open');
  const row = (name) => [name, number(results.idle[name].private_kb), results.idle[name].processor_percent.toFixed(3)];
  table(['', 'private kB', 'processor %'], [row('daemon'), row('peer')]);
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
  for (const section of [polls, backlogs, idle, bars]) section(results);
}
