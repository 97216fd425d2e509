// What the daemon is held to. Each bar: what it says, what was measured, whether that meets it.
const poll = (polls, kind, changes, delay) => {
  return polls.kinds.find((one) => one.kind === kind && one.changes === changes && one.round_trip_ms === delay);
};
const trips = (one) => one.daemon.supabase.round_trips + one.daemon.sqlserver.round_trips;
const faster = (one) => one.peer.wall_ms / one.daemon.wall_ms;

const atMost = (name, limit, unit, value) => ({ name, bar: `≤ ${limit} ${unit}`, value, unit, met: value <= limit });
const atLeast = (name, limit, unit, value) => ({ name, bar: `≥ ${limit} ${unit}`, value, unit, met: value >= limit });

function pollBars(polls) {
  const near = poll(polls, 'new', 500, 0);
  const far = poll(polls, 'new', 500, 20);
  const none = poll(polls, 'new', 0, 20);
  const backlog = polls.backlog.find((one) => one.round_trip_ms === 20);
  const growth = Math.max(...polls.backlog.map((one) => one.daemon.peak_kb - polls.idle.daemon.private_kb));
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
    atMost('idle, private memory', 5 * 1024, 'kB', polls.idle.daemon.private_kb),
    atMost('idle, processor', 0.1, '%', polls.idle.daemon.processor_percent),
  ];
}

function webhookBars({ idle, latency, burst, beside_slow, throughput, soak, idle_after }) {
  return [
    atMost('webhooks at 200 a second, POST to committed, median', 10, 'ms', latency.daemon.p50_ms),
    atMost('webhooks at 200 a second, POST to committed, 99th percentile', 50, 'ms', latency.daemon.p99_ms),
    atMost('webhooks at 200 a second, not answered 200', 0, '', latency.daemon.not_200),
    atMost('burst of 200 webhooks, slowest answer', 1000, 'ms', burst.slowest_ms),
    atMost('burst of 200 webhooks, not answered 200', 0, '', burst.not_200),
    atLeast('burst of 200 webhooks, of 150 rows written', 150, '', burst.rows),
    atMost('burst of 200 webhooks, batches', 10, '', burst.batches),
    atMost('webhooks beside 500 slow clients, 99th percentile', 100, 'ms', beside_slow.p99_ms),
    atMost('webhooks beside 500 slow clients, not answered 200', 0, '', beside_slow.not_200),
    atLeast('rows per second through webhooks, against the peer', 10, '×', throughput.times),
    atMost('rows per second through webhooks, not answered 2xx', 0, '', throughput.daemon.not_2xx),
    atMost('sustained load, not answered 2xx', 0, '', soak.not_2xx),
    atMost('sustained load, growth of private memory along the fitted line', 256, 'kB', soak.growth_kb),
    atMost('sustained load, private memory above idle for each connection', 32, 'kB',
      (soak.most_kb - idle.daemon.private_kb) / soak.connections),
    atMost('idle with listener, private memory', 5 * 1024, 'kB', idle.daemon.private_kb),
    atMost('idle after all that, private memory', 5 * 1024, 'kB', idle_after.private_kb),
    atMost('idle with listener, processor', 0.1, '%', idle.daemon.processor_percent),
  ];
}

function queueBars({ drains }) {
  const times = drains.map(({ daemon, peer }) => daemon.items_per_second / peer.items_per_second);
  const worst = (pick) => Math.max(...drains.map(({ daemon }) => pick(daemon)));
  return [
    atLeast('queue drained, items per second against one at a time', 20, '×', Math.min(...times)),
    atMost('10,000 items of 1,000 rows, rows written in Supabase', 1_000, '', worst((one) => one.rows_written)),
    atMost('10,000 items of 1,000 rows, round trips', 100, '', worst((one) => one.trips.supabase + one.trips.sqlserver)),
    atMost('queue drained, private memory above before', 5 * 1024, 'kB', worst((one) => one.peak_kb - one.idle_kb)),
  ];
}

export const bars = ({ polls, webhooks, queue }) => [
  ...(polls ? pollBars(polls) : []),
  ...(webhooks ? webhookBars(webhooks) : []),
  ...(queue ? queueBars(queue) : []),
];
