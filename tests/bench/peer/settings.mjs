// Settings: a file of NAME=value lines, under the names that the daemon knows.
import { readFileSync } from 'node:fs';

export function readSettings(file) {
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

export const sqlServerSettings = (env) => ({
  host: env.DB_SERVER,
  port: Number(env.DB_PORT ?? 1433),
  database: env.DB_NAME,
  user: env.DB_USER,
  password: env.DB_PASSWORD,
  encrypt: env.DB_ENCRYPT !== 'off',
});
