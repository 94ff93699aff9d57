/** Sessions that share a limit of what is unread in all of them together. */
import { describe, expect, it } from 'vitest';
import { UnreadTotal } from '../src/internal/index.js';
import { Bench, hex } from './bench.js';

const LINE = 'x'.repeat(800);
/** What the limit counts for it. */
const COST = 1000;

/** Sends this number of lines of 800 characters, which the limit counts as 1000 each. */
function flood(bench: Bench, count: number, from = 1): void {
  for (let id = from; id < from + count; id++) bench.receive(`${hex(id)}${LINE}\n`);
}

describe('sessions with a total', () => {
  it('hold the largest off while there is more, and not the one that is read', () => {
    const unreadTotal = new UnreadTotal(10 * COST);
    const [large, small] = [Bench.server({ unreadTotal }), Bench.server({ unreadTotal })];
    flood(large, 9);
    flood(small, 1);
    expect([large, small].map(({ session }) => session.hold)).toEqual([false, false]);
    flood(small, 1, 2);
    expect([large, small].map(({ session }) => session.hold)).toEqual([true, false]);
    large.lines();
    expect(large.session.hold).toBe(false);
  });

  it('hold at least one off while there is more, also when all have the same', () => {
    const unreadTotal = new UnreadTotal(10 * COST);
    const benches = Array.from({ length: 11 }, () => Bench.server({ unreadTotal }));
    for (const bench of benches) flood(bench, 1);
    expect(benches.every(({ session }) => session.hold)).toBe(true);
  });

  it.each(['received', 'read', 'done'] as const)(
    'count what the application has not done with when lines are acked as %s',
    (ackWhen) => {
      const unreadTotal = new UnreadTotal(10 * COST);
      const bench = Bench.server({ unreadTotal, ackWhen });
      flood(bench, 3);
      expect(unreadTotal.bytes).toBe(3 * COST);
      const line = bench.session.take()!;
      expect(unreadTotal.bytes).toBe(ackWhen === 'done' ? 3 * COST : 2 * COST);
      bench.session.done(line);
      expect(unreadTotal.bytes).toBe(2 * COST);
    },
  );

  it('count nothing more of one that is over, whatever its application still does', () => {
    const unreadTotal = new UnreadTotal(10 * COST);
    const bench = Bench.server({ unreadTotal, ackWhen: 'done' });
    flood(bench, 3);
    const line = bench.session.take()!;
    bench.session.leaveTotal();
    bench.session.done(line);
    bench.lines();
    expect(unreadTotal.bytes).toBe(0);
  });

  it('without one hold nothing off', () => {
    expect(Bench.server().session.hold).toBeUndefined();
  });
});

describe('a session that is held off', () => {
  /** One whose own line is more than there may be. */
  function held(): Bench {
    const bench = Bench.server({ unreadTotal: new UnreadTotal(1) });
    bench.receive('05line\n');
    expect(bench.session.hold).toBe(true);
    return bench;
  }

  it('keeps its link, however long, and goes on sending keepalives', () => {
    const bench = held();
    for (let quarter = 0; quarter < 40; quarter++) {
      bench.now += 250;
      bench.tick();
      expect(bench.writes().join('')).toContain('\n');
    }
    expect(bench.story).toEqual(['up']);
  });

  it('keeps its link also while the peer takes nothing', () => {
    const bench = held();
    bench.session.backPressure(true);
    bench.pass(10_000, { silent: true });
    expect(bench.story).toEqual(['up']);
  });

  it('gives the peer its whole timeout again once it is not held off any more, and then declares the outage', () => {
    const bench = held();
    bench.pass(10_000, { silent: true });
    bench.lines();
    bench.pass(750, { silent: true });
    expect(bench.session.up).toBe(true);
    bench.pass(500, { silent: true });
    expect(bench.story).toEqual(['up', 'down: silence']);
  });

  it('does not take an ack for proven by what it has read late', () => {
    const bench = Bench.server({ unreadTotal: new UnreadTotal(1) });
    bench.receive('05same\n');
    bench.wire();
    // Sent right after the line, and read bit by bit.
    for (let times = 0; times < 3; times++) {
      bench.pass(900, { silent: true });
      bench.receive('\n');
    }
    expect(bench.lines()).toEqual(['same']);
    bench.reconnect();
    bench.receive('05same\n');
    expect(bench.lines()).toEqual([]);
  });

  it('does not take a keepalive that it has read late for one that was sent late', () => {
    const bench = Bench.server({ unreadTotal: new UnreadTotal(1) });
    for (const id of ['00', '01', '02']) {
      bench.receive(`${id}same\n`);
      bench.wire();
    }
    bench.reconnect();
    bench.receive('00same\n');
    bench.pass(250, { silent: true });
    bench.receive('\n01same\n');
    expect(bench.lines()).toEqual(['same', 'same', 'same']);
  });
});
