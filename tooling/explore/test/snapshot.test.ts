import { describe, expect, it } from 'vitest';
import { SMALLEST } from '../src/bound.js';
import { loadMachines } from '../src/bundle.js';
import { PROTOCOLS, TIMEOUT_MS } from '../src/protocols.js';
import { canonical, copyOf } from '../src/snapshot.js';

const { Session } = await loadMachines(SMALLEST);
type AnySession = InstanceType<typeof Session>;

/** A history with a cut, late acks and silence; the snapshots of both ends after each step. */
function history(version: string, startAt: number): string[] {
  const protocol = PROTOCOLS[version]!;
  const bound = { ...SMALLEST, ackWhen: 'read' as const };
  const ends = [new Session(protocol.client(bound, 0)), new Session(protocol.server(bound, 0))];
  const [client, server] = ends as [AnySession, AnySession];
  const snapshots: string[] = [];
  let now = startAt;
  const note = (): void => {
    for (const end of ends) {
      end.takeEvents();
      snapshots.push(canonical(end, now, TIMEOUT_MS));
    }
  };
  const carry = (from: AnySession, to: AnySession): void => {
    for (let bytes = from.takeOutput(now); bytes !== undefined; bytes = from.takeOutput(now)) {
      to.receive(bytes, now);
      note();
    }
  };
  for (const text of ['one', 'two', 'three']) {
    client.write(text);
    server.write(`re ${text}`);
    client.open(now);
    // The hello is the server's to read, not its session's.
    client.takeOutput(now);
    server.open(now);
    for (let step = 0; step < 12; step++) {
      carry(server, client);
      if (step !== 5) carry(client, server);
      if (step === 4) server.read();
      if (step === 6) client.read();
      now = Math.min(client.nextDeadline(), server.nextDeadline());
      for (const end of ends) if (end.nextDeadline() <= now) end.tick(now);
      note();
    }
    for (const end of ends) end.linkClosed(now, 'fin');
    note();
  }
  return snapshots;
}

describe.each(Object.keys(PROTOCOLS))('a snapshot of version %s', (version) => {
  it('is the same for the same history at another time of day', () => {
    expect(history(version, 5e9)).toEqual(history(version, 1e9));
  });

  it('differs from step to step', () => {
    expect(new Set(history(version, 1e9)).size).toBeGreaterThan(20);
  });

  it('is the same for a copy, which then goes its own way', () => {
    const session = new Session(PROTOCOLS[version]!.client(SMALLEST, 0));
    session.write('one');
    const before = canonical(session, 0, TIMEOUT_MS);
    const copy = copyOf(session);
    expect(canonical(copy, 0, TIMEOUT_MS)).toBe(before);
    copy.open(0);
    expect(canonical(copy, 0, TIMEOUT_MS)).not.toBe(before);
    expect(canonical(session, 0, TIMEOUT_MS)).toBe(before);
  });
});

it('a snapshot distinguishes two equal objects from one that is reached twice', () => {
  const shared = { id: 1 };
  expect(canonical([shared, shared], 0, 1)).not.toBe(canonical([{ id: 1 }, { id: 1 }], 0, 1));
});

it('a time further in the past than any rule looks back is past', () => {
  const at = (doneAt: number): string => canonical({ doneAt }, 0, 1000);
  expect(at(-20_000)).toBe(at(-30_000));
  expect(at(-2000)).not.toBe(at(-3000));
});

it('a session that holds a function is refused', () => {
  expect(() => copyOf({ done: () => 1 })).toThrow('holds a function');
});
