// What the daemon is held to. Each bar: what it says, what was measured, whether that meets it.
const poll = (results, kind, changes, delay) => {
  return results.polls.find((one) => one.kind === kind && one.changes === changes && one.round_trip_ms === delay);
};
const trips = (one) => one.daemon.supabase.round_trips + one.daemon.sqlserver.round_trips;
const faster = (one) => one.peer.wall_ms / one.daemon.wall_ms;

const atMost = (name, limit, unit, value) => ({ name, bar: `≤ ${limit} ${unit}`, value, unit, met: value <= limit });
const atLeast = (name, limit, unit, value) => ({ name, bar: `≥ ${limit} ${unit}`, value, unit, met: value >= limit });

export function bars(results) {
  const near = poll(results, 'new', 500, 0);
  const far = poll(results, 'new', 500, 20);
  const none = poll(results, 'new', 0, 20);
  const backlog = results.backlog.find((one) => one.round_trip_ms === 20);
  const growth = Math.max(...results.backlog.map((one) => one.daemon.peak_kb - results.idle.daemon.private_kb));
  return [
    atMost('500 changes at 20 ms, whole poll', 200, 'ms', far.daemon.wall_ms),
    atLeast('500 changes at 20 ms, against the peer', 50, '×', faster(far)),
    atLeast('500 changes on loopback, against the peer', 5, '×', faster(near)),
    atMost('no change, round trips in all', 3, '', trips(none)),
    atMost('500 changes in one stream, round trips to Supabase', 2, '', far.daemon.supabase.round_trips),
    atMost('500 changes in one stream, further round trips to SQL Server', 1, '',
      far.daemon.sqlserver.round_trips - none.daemon.sqlserver.round_trips),
    atLeast('backlog at 20 ms, rows per second against the peer', 20, '×',
      backlog.daemon.rows_per_second / backlog.peer.rows_per_second),
    atMost('backlog, private memory above idle', 5 * 1024, 'kB', growth),
    atMost('idle, private memory', 5 * 1024, 'kB', results.idle.daemon.private_kb),
    atMost('idle, processor', 0.1, '%', results.idle.daemon.processor_percent),
  ];
}
