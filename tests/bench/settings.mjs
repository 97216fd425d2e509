// The settings file of one implementation: both read the same names.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

// `world`: folder, clear (connections without encryption), role (user and password in Supabase).
// `sslmode` is how an implementation says "encrypted, certificate not checked". `more` adds to the file.
export async function writeSettings(world, name, { supabase, server, serverPort, sslmode, more = {} }) {
  const url = new URL(supabase);
  url.username = world.role.user;
  url.password = world.role.password;
  url.search = `?sslmode=${world.clear ? 'disable' : sslmode}`;
  const settings = {
    SUPABASE_DB_URL: url.href,
    DB_SERVER: '127.0.0.1',
    DB_PORT: serverPort,
    DB_NAME: server.settings.database,
    DB_USER: server.settings.user,
    DB_PASSWORD: server.settings.password,
    DB_ENCRYPT: world.clear ? 'off' : 'require',
    HOST: '127.0.0.1',
    PORT: await freePort(),
    REVERSE_SYNC_STATE_FILE: join(world.folder, `${name}-state.json`),
    REVERSE_SYNC_INTERVAL_MINUTES: 1440,
    FORWARD_SYNC_ENABLED: false, // what is measured is the way from Supabase to SQL Server
    ...more,
  };
  const file = join(world.folder, `${name}.env`);
  writeFileSync(file, Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).join(''), { mode: 0o600 });
  return { file, settings };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
