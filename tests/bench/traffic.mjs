// Webhooks as Supabase sends them, and connections that do harm.
import { Agent, request } from 'node:http';
import { createConnection } from 'node:net';
import { pause } from './process.mjs';

export class Sender {
  constructor(url, secret, connections) {
    this.url = new URL('/api/sync/webhook', url);
    this.headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}`, 'user-agent': 'pg_net/0.14.0' };
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  // The status of the answer, once all of it is there.
  post(body) {
    return new Promise((resolve, reject) => {
      const headers = { ...this.headers, 'content-length': Buffer.byteLength(body) };
      const outgoing = request(this.url, { method: 'POST', agent: this.agent, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      outgoing.on('error', reject).end(body);
    });
  }

  close() {
    this.agent.destroy();
  }
}

// Posts at the times of a clock, whether or not earlier ones have been answered, and measures each from the time at which
// it was due: a service that stalls is charged for every webhook that comes meanwhile. `make(i)` is called
// `leadMs` before webhook i is due and resolves to its body. `answered(i, status)` is told of each answer.
export async function openLoop(sender, { rate, seconds, leadMs, make, answered }) {
  const count = Math.round(rate * seconds);
  const lead = Math.round((leadMs * rate) / 1000);
  const started = performance.now();
  const dueAt = (tick) => started + (tick * 1000) / rate;
  const bodies = [];
  const posts = [];
  const post = async (index, due) => {
    const status = await sender.post(await bodies[index]);
    const ms = performance.now() - due;
    await answered(index, status);
    return { ms, status };
  };
  for (let tick = 0; tick < count + lead; ++tick) {
    const early = dueAt(tick) - performance.now();
    if (early > 0) await pause(early);
    if (tick < count) bodies[tick] = make(tick);
    if (tick >= lead) posts.push(post(tick - lead, dueAt(tick)));
  }
  return Promise.all(posts);
}

// Clients that send one byte a second, one half in the header, the other in the body. One that is cut comes again at once.
export class SlowClients {
  #sockets = new Set();
  #open = true;
  cut = 0;

  constructor(url, secret, count) {
    this.target = { host: url.hostname, port: Number(url.port) };
    this.start =
      'POST /api/sync/webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      `Authorization: Bearer ${secret}\r\n`;
    for (let index = 0; index < count; ++index) this.#connect(index);
    this.timer = setInterval(() => this.#sockets.forEach((socket) => socket.write('x')), 1000);
  }

  get connected() {
    return [...this.#sockets].filter((socket) => socket.readyState === 'open').length;
  }

  close() {
    this.#open = false;
    clearInterval(this.timer);
    this.#sockets.forEach((socket) => socket.destroy());
  }

  #connect(index) {
    const socket = createConnection(this.target);
    socket.write(index % 2 === 0 ? `${this.start}X-Slow: ` : `${this.start}Content-Length: 1000\r\n\r\n`);
    socket.on('error', () => {}).resume();
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (!this.#open) return;
      ++this.cut;
      setTimeout(() => this.#open && this.#connect(index), 100);
    });
    this.#sockets.add(socket);
  }
}
