// One latency proxy in front of one server, for one client: it delays both ways and counts what passes.
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { Program } from './process.mjs';

export class Link {
  #answers = [];

  static async open(name, binary, target) {
    const args = ['--listen', '127.0.0.1:0', '--control', '127.0.0.1:0', '--target', target, '--one-way-ms', '0'];
    const program = new Program(`latency-proxy for ${name}`, binary, args, process.env);
    const [listening, control] = await Promise.all([
      program.waitFor(/^listening on .*:(\d+)/),
      program.waitFor(/^control on .*:(\d+)/),
    ]);
    const link = new Link();
    link.port = Number(listening[1]);
    await link.#connect(Number(control[1]));
    return link;
  }

  delay(oneWayMs) {
    return this.#ask(`delay ${oneWayMs}`);
  }

  reset() {
    return this.#ask('reset');
  }

  async stats() {
    return JSON.parse(await this.#ask('stats'));
  }

  #connect(port) {
    return new Promise((resolve, reject) => {
      this.socket = createConnection({ host: '127.0.0.1', port }, resolve).on('error', reject);
      this.socket.setNoDelay();
      this.socket.unref();
      createInterface({ input: this.socket }).on('line', (line) => this.#answers.shift()?.(line));
    });
  }

  #ask(command) {
    return new Promise((resolve) => {
      this.#answers.push(resolve);
      this.socket.write(`${command}\n`);
    });
  }
}
