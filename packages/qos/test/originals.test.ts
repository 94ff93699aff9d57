import { OriginalClient, OriginalServer } from '@iot/reference-models';
import type { Machine } from '@iot/simulation';
import { expect, it } from 'vitest';
import { Session } from '../src/index.js';

const STEP_MS = 5;

/** Two ends whose bytes arrive at once, and a time that moves when told. */
class Pair {
  readonly #ends: readonly [Machine, Machine];
  now = 0;

  constructor(one: Machine, other: Machine) {
    this.#ends = [one, other];
  }

  pass(ms: number, each: () => void = () => undefined): void {
    const [one, other] = this.#ends;
    for (const end = this.now + ms; this.now < end; this.now += STEP_MS) {
      each();
      for (const machine of this.#ends) machine.tick(this.now);
      this.#carry(one, other);
      this.#carry(other, one);
    }
  }

  #carry(from: Machine, to: Machine): void {
    for (let bytes = from.takeOutput(this.now); bytes !== undefined; bytes = from.takeOutput(this.now)) {
      to.receive(bytes, this.now);
    }
  }
}

function readAll(session: Session): string[] {
  const lines: string[] = [];
  for (let line = session.read(); line !== undefined; line = session.read()) lines.push(line);
  return lines;
}

it('gives a line of an original client once, though it repeats it for long while many others come unread', () => {
  const server = new Session({ role: 'server', timeout: 2000, ackWhen: 'read' });
  const client = new OriginalClient({ id: 'board' });
  const pair = new Pair(client, server);
  client.open(0);
  // The hello is read by whoever accepts the link.
  for (; client.takeOutput(pair.now) === undefined; pair.now += STEP_MS) client.tick(pair.now);
  server.open(pair.now);
  pair.pass(500);
  client.write('boot', { qos: true, wait: true }, pair.now);
  pair.pass(100);
  expect(readAll(server)).toEqual(['boot']);
  pair.pass(500);
  client.write('alarm', { qos: true, wait: true }, pair.now);
  pair.pass(STEP_MS);
  let ticks = 0;
  pair.pass(3000, () => {
    if (ticks < 130) client.write(`tick ${ticks++}`, { qos: false, wait: true }, pair.now);
  });
  expect(server.stats.duplicatesDropped).toBeGreaterThan(0);
  expect(readAll(server).filter((line) => line === 'alarm')).toHaveLength(1);
});

it.each(['received', 'read'] as const)(
  'lets an original server go on whose line without qos was read after an outage (acked when %s)',
  (ackWhen) => {
    const client = new Session({ role: 'client', id: 'board', timeout: 2000, ackWhen });
    const server = new OriginalServer({ random: () => 0.5 });
    const pair = new Pair(client, server);
    const link = () => {
      client.open(pair.now);
      expect(client.takeOutput(pair.now)).toBeDefined();
      server.open(pair.now);
    };
    link();
    pair.pass(1000);
    const first = server.write('hello', { qos: true, wait: true }, pair.now);
    pair.pass(1000, () => client.read());
    expect(first.settled).toBe(true);
    server.write('status', { qos: false, wait: true }, pair.now);
    pair.pass(1000);
    expect(client.unread).toBe(1);
    client.linkClosed(pair.now, 'reset');
    server.linkClosed(pair.now, 'fin');
    pair.now += 3000;
    link();
    pair.pass(1000);
    expect(readAll(client)).toEqual(['status']);
    const later = server.write('command', { qos: true, wait: true }, pair.now);
    const lines: string[] = [];
    pair.pass(20_000, () => lines.push(...readAll(client)));
    expect(lines).toEqual(['command']);
    expect(later.settled).toBe(true);
  },
);
