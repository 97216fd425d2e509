// Runs both implementations side by side and compares what they need with the bars. Started by run.sh.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bars } from './bars.mjs';
import { ClinicServer, Supabase } from './clinic.mjs';
import { Link } from './link.mjs';
import { measure } from './measure.mjs';
import { stopAll } from './process.mjs';
import { print } from './report.mjs';
import { Service } from './service.mjs';

const { values: options } = parseArgs({
  options: {
    build: { type: 'string' },
    output: { type: 'string' },
    quick: { type: 'boolean', default: false },
    clear: { type: 'boolean', default: false },
    'peer-calls': { type: 'string', default: '2' },
  },
});
const env = process.env;
// Inside the servers' own folder, which is removed whatever happens here.
const folder = mkdtempSync(join(env.TEST_TLS_FOLDER, '..', 'bench-'));

// What both are configured with; only the way to say "encrypted, certificate not checked" differs.
function writeSettings(name, server, links, sslmode) {
  const supabase = new URL(env.TEST_POSTGRES_URL);
  supabase.username = env.TEST_POSTGRES_ROLE;
  supabase.password = env.TEST_POSTGRES_PASSWORD;
  supabase.port = links.supabase.port;
  supabase.search = `?sslmode=${options.clear ? 'disable' : sslmode}`;
  const settings = {
    SUPABASE_DB_URL: supabase.href,
    DB_SERVER: '127.0.0.1',
    DB_PORT: links.sqlserver.port,
    DB_NAME: server.settings.database,
    DB_USER: server.settings.user,
    DB_PASSWORD: server.settings.password,
    DB_ENCRYPT: options.clear ? 'off' : 'require',
    REVERSE_SYNC_STATE_FILE: join(folder, `${name}-state.json`),
    REVERSE_SYNC_INTERVAL_MINUTES: 1440,
  };
  const file = join(folder, `${name}.env`);
  writeFileSync(file, Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).join(''), { mode: 0o600 });
  return file;
}

async function startService(name, sslmode, program) {
  const simulator = join(options.build, 'tests/sqlserver_sim/sqlserver-sim');
  const proxy = join(options.build, 'tests/support/latency-proxy');
  const server = await ClinicServer.start(name, simulator, env.TEST_POSTGRES_URL);
  const links = {
    supabase: await Link.open(`the ${name}'s Supabase`, proxy, new URL(env.TEST_POSTGRES_URL).host),
    sqlserver: await Link.open(`the ${name}'s SQL Server`, proxy, server.address),
  };
  const environment = { PATH: env.PATH, PEER_CALLS_PER_ROW: options['peer-calls'] };
  const service = await Service.start(name, { ...program(writeSettings(name, server, links, sslmode)), environment }, links);
  return Object.assign(service, { server });
}

async function run() {
  const supabase = await Supabase.prepare(env.TEST_POSTGRES_URL, env.TEST_POSTGRES_ROLE);
  const daemon = await startService('daemon', 'require', (envFile) => ({
    command: join(options.build, 'daemon/reverse-syncd'),
    args: ['run', '--env-file', envFile],
    signal: 'SIGUSR1',
  }));
  const script = new URL('peer/peer.mjs', import.meta.url).pathname;
  const peer = await startService('peer', 'no-verify', (envFile) => ({
    command: process.execPath,
    args: [script, envFile],
    signal: 'SIGUSR2',
  }));

  const load = loadavg()[0];
  const results = await measure({ supabase, daemon, peer, quick: options.quick });
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
