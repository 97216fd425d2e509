// Runs both implementations side by side and compares what they need with the bars. Started by run.sh.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bars } from './bars.mjs';
import { measurePolls } from './polls.mjs';
import { stopAll } from './process.mjs';
import { measureQueue } from './queue.mjs';
import { print } from './report.mjs';
import { measureWebhooks } from './webhooks.mjs';

const { values: options } = parseArgs({
  options: {
    build: { type: 'string' },
    output: { type: 'string' },
    quick: { type: 'boolean', default: false },
    clear: { type: 'boolean', default: false },
    'peer-calls': { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
const env = process.env;
// Inside the servers' own folder, which is removed whatever happens here.
const folder = mkdtempSync(join(env.TEST_TLS_FOLDER, '..', 'bench-'));

const world = {
  folder,
  build: options.build,
  clusterUrl: env.TEST_POSTGRES_URL,
  role: { user: env.TEST_POSTGRES_ROLE, password: env.TEST_POSTGRES_PASSWORD },
  clear: options.clear,
  peerCalls: options['peer-calls'],
  quick: options.quick,
};
const parts = { polls: measurePolls, webhooks: measureWebhooks, queue: measureQueue };

async function run() {
  const results = {};
  const load = loadavg()[0];
  for (const [name, measure] of Object.entries(parts)) {
    if (options.only && options.only !== name) continue;
    results[name] = await measure(world);
    await stopAll();
  }
  results.setup = {
    quick: options.quick,
    encrypted: !options.clear,
    peer_calls_per_row: Number(options['peer-calls']),
    processor: cpus()[0].model,
    processors: cpus().length,
    load_average: { before: load, after: loadavg()[0] },
    node: process.version,
  };
  results.bars = bars(results);
  print(results);
  writeFileSync(options.output, `${JSON.stringify(results, null, 2)}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    await stopAll();
    process.exit(130);
  });
}
try {
  await run();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
} finally {
  await stopAll();
}
process.exit();
