import { describe, expect, it } from 'vitest';
import { StoredBench } from './stored/bench.js';
import { BenchV2, opening } from './v2/bench.js';

/** Which lines have never been sent: an application may give these up. */
const unsent = ({ session }: BenchV2) => session.unsentLines().map(({ text }) => text);

describe('a line that was written', () => {
  it('is unsent until it goes out, in whichever order that is, or is withdrawn', () => {
    const bench = new BenchV2();
    const tickets = [
      bench.write('a'),
      bench.write('b', { wait: false }),
      bench.write('c', { qos: false }),
      bench.write('d'),
    ];
    expect(unsent(bench)).toEqual(['a', 'b', 'c', 'd']);
    bench.session.withdraw(tickets[3]!);
    bench.open();
    bench.receive('\n');
    expect(bench.wire()).toBe('00c\n');
    expect(unsent(bench)).toEqual(['a', 'b']);
    expect(tickets.map((ticket) => bench.session.isUnsent(ticket))).toEqual([true, true, false, false]);
  });

  it('is sent for good when it has gone out in version 1 and waits to be sent in version 2', () => {
    const bench = new BenchV2();
    bench.open();
    bench.receive('\n');
    const ticket = bench.write('old');
    expect(bench.wire()).toBe('00old\n');
    bench.cut();
    bench.open();
    bench.write('new');
    bench.receive('-2\n');
    bench.receive(opening({ unacked: 0, window: 0 }));
    expect([bench.session.unsent(), bench.session.isUnsent(ticket), unsent(bench)]).toEqual([
      2,
      false,
      ['new'],
    ]);
  });

  it('is sent for good when an earlier process has sent it in version 2 and it waits to be sent in version 1', () => {
    const bench = StoredBench.up(2, { settleMs: 50 });
    bench.process.write('old');
    expect(bench.sends()).toBe('1 old\n');
    bench.restart({ protocol: 1 });
    bench.process.open();
    bench.process.receive('\n');
    bench.process.write('new');
    // The first batch of a process holds a checkpoint.
    bench.store();
    bench.restart();
    expect(unsent(bench.process)).toEqual(['new']);
  });
});
