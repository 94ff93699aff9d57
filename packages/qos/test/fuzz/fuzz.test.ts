/**
 * A peer that says anything at any time. Whatever comes, a session throws nothing and stays within its limits; and with an
 * honest peer on its next link, both deliver what is written from then on, once.
 */
import { HelloReader } from '@iot/framing';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { seedsOf } from '../simulation/draw.js';
import { Driver, TIMEOUT_MS } from './driver.js';
import { step } from './steps.js';

/** Longer than all that an honest peer waits for. */
const TIME_LIMIT_MS = 60 * TIMEOUT_MS;

const cases = seedsOf(300).count;

describe.each([
  ['client', 1],
  ['client', 2],
  ['server', 1],
  ['server', 2],
] as const)('a %s that speaks up to version %i', (role, protocol) => {
  it('is well again with an honest peer, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const fuzzed = new Driver({ role, protocol }, 'a'.repeat(16));
        for (const each of steps) fuzzed.do(each);
        fuzzed.session.linkClosed(fuzzed.now, 'reset');
        fuzzed.session.backPressure(false);
        fuzzed.readAll();
        const peer = new Driver({ role: role === 'client' ? 'server' : 'client', protocol }, 'b'.repeat(16));
        peer.now = fuzzed.now;
        fuzzed.session.write('from the fuzzed');
        peer.session.write('from the honest');
        talk(...(role === 'client' ? ([fuzzed, peer] as const) : ([peer, fuzzed] as const)));
        once(peer, 'from the fuzzed');
        once(fuzzed, 'from the honest');
      }),
      { numRuns: cases },
    );
  });
});

/** Links of two honest ends, without delay, until both have read the line of the other. */
function talk(client: Driver, server: Driver): void {
  const end = client.now + TIME_LIMIT_MS;
  while (client.now < end && !isDone(client, server)) {
    if (!client.session.linkOpen) connect(client, server);
    const moved = [move(client, server), move(server, client)].includes(true);
    if (client.session.linkOpen !== server.session.linkOpen) hangUp(client, server);
    else if (!moved) wait(client, server);
  }
}

function isDone(client: Driver, server: Driver): boolean {
  return [client, server].every(({ read, session }) => {
    return read.some((line) => line.startsWith('from the ')) && session.unacked === 0;
  });
}

/** The server has read the hello before its session is told. */
function connect(client: Driver, server: Driver): void {
  client.session.open(client.now);
  const hello = new HelloReader(256).push(client.output());
  if (hello === undefined) throw new Error('the client says no hello');
  server.session.open(server.now);
  server.session.receive(hello.rest, server.now);
}

/** True when anything went out. */
function move(from: Driver, to: Driver): boolean {
  const bytes = from.output();
  to.session.receive(bytes, to.now);
  to.readAll();
  return bytes.length > 0;
}

function hangUp(...ends: readonly Driver[]): void {
  for (const { session, now } of ends) session.linkClosed(now, 'fin');
}

/** Until the next deadline of either. */
function wait(...ends: readonly Driver[]): void {
  const next = Math.min(...ends.map(({ session }) => session.nextDeadline()));
  for (const end of ends) {
    end.now = Math.max(end.now + 1, next);
    end.tick();
  }
}

function once({ read }: Driver, text: string): void {
  const times = read.filter((line) => line === text).length;
  if (times !== 1) throw new Error(`"${text}" was delivered ${times} times`);
}
