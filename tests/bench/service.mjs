// The two implementations under measurement, told to poll by a signal and read by their log.
import { pause, privateMemory, processorTime, Program } from './process.mjs';

const complete = /Reverse sync complete: (\d+) notes, (\d+) batches \((\d+)ms\)/;
const failed = /Reverse sync failed|⚠️ {2}Parked/;

// How often memory is looked at during a backlog, in milliseconds.
const memoryPeriod = 20;

export class Service {
  // `command`: program, arguments, environment, and the signal that asks for a poll.
  // `links`: its proxies, { supabase, sqlserver }. Resolves after the poll at start: everything is connected then.
  static async start(name, { command, args, environment, signal }, links) {
    const service = new Service();
    service.name = name;
    service.signal = signal;
    service.links = links;
    service.program = new Program(name, command, args, environment);
    await service.program.waitFor(complete, { failure: failed });
    return service;
  }

  setDelay(roundTripMs) {
    return Promise.all(Object.values(this.links).map((link) => link.delay(roundTripMs / 2)));
  }

  // One poll over open connections. Times in milliseconds: `wall` from the signal to the line that reports the end,
  // `own` as that line says.
  async poll({ seconds = 120 } = {}) {
    await Promise.all(Object.values(this.links).map((link) => link.reset()));
    const started = performance.now();
    const line = this.program.waitFor(complete, { seconds, failure: failed });
    this.program.signal(this.signal);
    const [, notes, batches, own] = (await line).map(Number);
    const wall = performance.now() - started;
    const traffic = { supabase: await this.links.supabase.stats(), sqlserver: await this.links.sqlserver.stats() };
    return { wall, own, notes, batches, traffic };
  }

  // A poll during which memory is watched; `peak` in kB.
  async pollWatched({ seconds }) {
    let peak = this.memory();
    const timer = setInterval(() => {
      peak = Math.max(peak, this.memory());
    }, memoryPeriod);
    try {
      return { ...(await this.poll({ seconds })), peak };
    } finally {
      clearInterval(timer);
    }
  }

  memory() {
    return privateMemory(this.program.pid);
  }

  // Share of one processor that an idle service uses, in percent.
  async idleProcessor(seconds) {
    const before = processorTime(this.program.pid);
    await pause(seconds * 1000);
    return (processorTime(this.program.pid) - before) / (seconds * 10);
  }

  stop() {
    return this.program.stop();
  }
}
