import { Session } from '@iot/qos';
import { expect, it } from 'vitest';
import { Connection, Pump, type Transport } from '../src/index.js';
import { memoryPair } from '../src/testing/index.js';
import { afterHello } from './after-hello.js';
import { noUnhandledRejections } from './guard.js';
import { VirtualClock } from './virtual-clock.js';

noUnhandledRejections();

/** A client and a server in one virtual time, joined by links that take 5 ms each way. */
class Pair {
  readonly clock = new VirtualClock();
  readonly client: Connection;
  readonly server: Connection;
  readonly #pumps: readonly [Pump, Pump];
  #transports: readonly Transport[] = [];

  constructor(options = {}) {
    const all = { timeout: 1000, ...options };
    this.#pumps = [
      new Pump(new Session({ role: 'client', id: 'board', ...all }), this.clock),
      new Pump(new Session({ role: 'server', ...all }), this.clock),
    ];
    this.client = new Connection(this.#pumps[0], { id: 'board', maxUnsentLines: 1024 });
    this.server = new Connection(this.#pumps[1], { id: 'board', maxUnsentLines: 1024 });
  }

  link(): void {
    const [near, far] = memoryPair({ clock: this.clock, delayMs: 5 });
    this.#transports = [near, far];
    this.#pumps[0].attach(near);
    this.#pumps[1].attach(afterHello(far));
  }

  /** The network ends the link and loses what is on its way. */
  cut(): void {
    for (const pump of this.#pumps) pump.detach();
    for (const transport of this.#transports) transport.destroy();
  }
}

async function collect(connection: Connection, count: number): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < count) lines.push(await connection.readline());
  return lines;
}

const numbered = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${what} ${i}`);

it('carries lines both ways in order through links that break every 7 ms, each exactly once', async () => {
  const pair = new Pair();
  const [up, down] = [numbered('up', 60), numbered('down', 60)];
  const written = [
    ...up.map((line) => pair.client.write(line)),
    ...down.map((line) => pair.server.write(line)),
  ];
  const read = Promise.all([collect(pair.server, 60), collect(pair.client, 60)]);
  for (let i = 0; i < 400; i++) {
    pair.link();
    // Five ms each way: most links carry a line and break before its ack.
    await pair.clock.advance(i % 3 === 0 ? 27 : 13);
    pair.cut();
  }
  await Promise.all(written);
  expect(await read).toEqual([up, down]);
  expect(pair.server.stats.duplicatesDropped).toBeGreaterThan(0);
});

it('loses nothing to a reader that is slower than the writer', async () => {
  const pair = new Pair({ maxUnreadLines: 4 });
  pair.link();
  const lines = numbered('line', 100);
  for (const line of lines) void pair.client.write(line, { wait: false });
  const read: string[] = [];
  while (read.length < lines.length && pair.clock.now() < 600_000) {
    const asked = read.length;
    void pair.server.readline().then((line) => read.push(line));
    while (read.length === asked) await pair.clock.advance(100);
  }
  expect(new Set(read)).toEqual(new Set(lines));
  expect(read).toHaveLength(lines.length);
});

it('has one timer armed at each end in an idle hour', async () => {
  const pair = new Pair();
  pair.link();
  // Past the time at which the client would have sent its first keepalive to a server that had not answered.
  await pair.clock.advance(1000);
  const before = pair.clock.wakes;
  const idle: number[] = [];
  await pair.clock.advance(3_600_000, () => idle.push(pair.clock.armed));
  // Each keepalive is on its way for a moment, which is the pair's own timer and wake-up.
  expect(Math.max(...idle)).toBeLessThanOrEqual(4);
  expect(pair.clock.wakes - before).toBe(2 * 2 * 4 * 3600);
  expect([pair.client.stats.outages, pair.server.stats.outages]).toEqual([0, 0]);
});
