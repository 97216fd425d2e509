// Child processes that never outlive the benchmark, and what the kernel says of them.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';

const ended = new Map(); // child → promise of its exit, for stopAll

// A program of which each line of output is looked at as it arrives.
export class Program {
  #recent = [];
  #waiters = new Set();

  constructor(name, command, args, env) {
    this.name = name;
    // setpriv: the kernel ends the child even when this process is killed.
    this.child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exit = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => {
        this.#fail(new Error(`${name} ended (${signal ?? code}):\n${this.#recent.join('\n')}`));
        resolve();
      });
    });
    ended.set(this.child, exit);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
  }

  get pid() {
    return this.child.pid;
  }

  // The match of the first line from now on; `failure` names a line that makes the wait fail.
  waitFor(pattern, { seconds = 60, failure = null } = {}) {
    return new Promise((resolve, reject) => {
      const waiter = { pattern, failure, resolve, reject };
      waiter.timer = setTimeout(() => {
        this.#settle(waiter, null, new Error(`${this.name}: no ${pattern} in ${seconds} s:\n${this.#recent.join('\n')}`));
      }, seconds * 1000);
      this.#waiters.add(waiter);
    });
  }

  signal(name) {
    this.child.kill(name);
  }

  async stop() {
    this.#waiters.forEach((waiter) => this.#settle(waiter, null, new Error(`${this.name} was stopped`)));
    this.child.kill('SIGTERM');
    const killer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await ended.get(this.child);
    clearTimeout(killer);
  }

  #take(line) {
    this.#recent.push(line);
    if (this.#recent.length > 20) this.#recent.shift();
    for (const waiter of this.#waiters) {
      const match = line.match(waiter.pattern);
      if (match) this.#settle(waiter, match);
      else if (waiter.failure && waiter.failure.test(line)) this.#settle(waiter, null, new Error(`${this.name}: ${line}`));
    }
  }

  #settle(waiter, match, error) {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
    if (error) waiter.reject(error);
    else waiter.resolve(match);
  }

  #fail(error) {
    this.#waiters.forEach((waiter) => this.#settle(waiter, null, error));
  }
}

export async function stopAll() {
  for (const child of ended.keys()) child.kill('SIGTERM');
  await Promise.all(ended.values());
}

// Private memory of a process, in kB; what it shares with the page cache is not counted.
export function privateMemory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(status.match(/^RssAnon:\s+(\d+)/m)[1]);
}

// Processor time that the threads of a process have used, in milliseconds, to the nanosecond where stat counts ticks.
export function processorTime(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  });
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
