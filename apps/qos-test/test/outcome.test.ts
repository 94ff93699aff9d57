import { describe, expect, it } from 'vitest';
import { failures, type OutageCount, type Outcome } from '../campaign/outcome.js';
import { render } from '../campaign/table.js';
import type { Round } from '../campaign/round.js';
import { NOTHING_ALLOWED, type Flow } from '../campaign/verdict.js';

const FLOW: Flow = {
  ...{ written: 100, acked: 100, read: 100, lost: 0, doubled: 0, outOfOrder: 0 },
  allowed: NOTHING_ALLOWED,
  findings: [],
};
const END = { kills: 0, protocol: 1 as 1 | 2, outages: 10, retransmitted: 3, duplicatesDropped: 2 };
const OUTAGE: OutageCount = { inFlight: 2, missed: 0, lines: { client: 2, server: 2 }, backMs: [5, 9] };
const ROUND: Round = {
  ...({ mode: 'standard', protocol: 2, texts: 'unique', client: 'ours' } as const),
  ...({ stores: [], killed: ['client', 'server'] } as const),
};
const GOOD: Outcome = {
  ...{ round: ROUND, seconds: 12, toServer: FLOW, toClient: FLOW },
  outages: { fin: OUTAGE, rst: OUTAGE, stallToServer: OUTAGE, stallToClient: OUTAGE, stallBoth: OUTAGE },
  ends: { client: END, server: END },
};
const DEMANDS = { messages: 100, outages: 2, kills: 0 };

describe('an outcome', () => {
  it('passes when nothing was lost or doubled and every kind of outage met messages in flight', () => {
    expect(failures(GOOD, DEMANDS)).toEqual([]);
    expect(render(GOOD, [])).toContain('passed: the promise was kept in standard mode');
  });

  it('needs no duplicates in version 2, where there are none', () => {
    const end = { ...END, protocol: 2 as const, duplicatesDropped: 0 };
    expect(failures({ ...GOOD, ends: { client: end, server: end } }, DEMANDS)).toEqual([]);
  });

  it('may be out of order in fast mode', () => {
    expect(
      failures({ ...GOOD, round: { ...ROUND, mode: 'fast' }, toServer: { ...FLOW, outOfOrder: 9 } }, DEMANDS),
    ).toEqual([]);
  });

  it.each<[string, Partial<Outcome>]>([
    ['client to server: 1 lost', { toServer: { ...FLOW, lost: 1 } }],
    ['server to client: 1 doubled', { toClient: { ...FLOW, doubled: 1 } }],
    ['client to server: 1 out of order', { toServer: { ...FLOW, outOfOrder: 1 } }],
    ['client to server: 99 of 100 written', { toServer: { ...FLOW, written: 99 } }],
    [
      'rst: 1 of 2 outages met messages in flight',
      { outages: { ...GOOD.outages, rst: { ...OUTAGE, inFlight: 1 } } },
    ],
    ['server: 1 of 0 kills', { ends: { client: END, server: { ...END, kills: 1 } } }],
    [
      'the client sent nothing again: nothing is proven',
      { ends: { client: { ...END, retransmitted: 0 }, server: END } },
    ],
    [
      'the server dropped no duplicate: nothing is proven',
      { ends: { client: END, server: { ...END, duplicatesDropped: 0 } } },
    ],
  ])('fails: %s', (failure, change) => {
    const outcome = { ...GOOD, ...change };
    expect(failures(outcome, DEMANDS)).toEqual([failure]);
    expect(render(outcome, [failure])).toContain(`FAILED: ${failure}`);
    expect(render(outcome, [failure])).not.toContain('passed');
  });

  it('shows the lines that broke the promise', () => {
    const toServer = { ...FLOW, lost: 1, findings: ['lost: line 7 of run 1 of the sender'] };
    expect(render({ ...GOOD, toServer }, ['client to server: 1 lost'])).toContain('lost: line 7 of run 1');
  });

  it('shows what kills were allowed to do', () => {
    const toClient = { ...FLOW, allowed: { ...NOTHING_ALLOWED, unresolved: 4, held: 5, twice: 6 } };
    const text = render({ ...GOOD, toClient, ends: { client: END, server: { ...END, kills: 1 } } }, []);
    expect(text).toMatch(/^server to client +4 +5 +6$/m);
  });

  it('with stores, shows also what was not stored and what was redelivered', () => {
    const toClient = { ...FLOW, allowed: { ...NOTHING_ALLOWED, unstored: 7, redelivered: 8 } };
    const ends = { client: END, server: { ...END, kills: 1 } };
    const text = render({ ...GOOD, toClient, ends, round: { ...ROUND, stores: ['client', 'server'] } }, []);
    expect(text).toMatch(/^server to client +0 +0 +0 +7 +8$/m);
    expect(text).toContain('passed: the promise was kept in standard mode, version 2, stores at both ends');
  });

  it('an original client is not killed, and does not say what it sends again', () => {
    const round: Round = { ...ROUND, client: 'original', stores: ['server'], killed: ['server'] };
    const client = { ...END, retransmitted: 0, duplicatesDropped: 0 };
    const outcome = { ...GOOD, round, ends: { client, server: { ...END, kills: 3 } } };
    expect(failures(outcome, { ...DEMANDS, kills: 3 })).toEqual([]);
    const killed = { ...outcome.ends, client: { ...client, kills: 1 } };
    expect(failures({ ...outcome, ends: killed }, { ...DEMANDS, kills: 3 })).toEqual([
      'client: 1 of 0 kills',
    ]);
  });
});
