// wrk as a child: as many webhooks as the service takes, each connection waiting for its answer.
import { Program } from './process.mjs';
import { noteText } from './clinic.mjs';

const script = new URL('webhooks.lua', import.meta.url).pathname;

// Twice as many as pg_net has under way: with 200 all wait for the same batch, and a quarter of two processors stands still.
const connections = 400;

// `edition`: what Supabase.editNotes() returned for the notes 1 to `count`. `first`: how many of them were sent before.
export async function runWrk(url, secret, { seconds, edition, first = 0 }) {
  const program = new Program(
    'wrk',
    'wrk',
    ['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`, '--timeout', '20s', '--script', script,
      new URL('/api/sync/webhook', url).href, '--',
      secret, String(edition.count), edition.mark, edition.at, String(first), noteText.before, noteText.after],
    process.env,
  );
  const [, result] = await program.waitFor(/^wrk: (.*)$/, { seconds: seconds + 60 });
  return { connections, ...JSON.parse(result) };
}
