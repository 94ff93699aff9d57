import { describe, expect, it } from 'vitest';
import { render, summarise } from '../demo/summary.js';
import type { EndReport } from '../demo/recording-log.js';

function end(id: string, sent: number, received: number[], outages = 1): EndReport {
  return { id, sent, received, outages, retransmitted: 2, duplicatesDropped: 1 };
}

const good = {
  client: [end('1', 3, [0, 1]), end('2', 1, [0])],
  server: [end('2', 1, [0]), end('1', 2, [0, 1, 2])],
};

describe('the summary', () => {
  it('passes when every line came exactly once and every link was cut', () => {
    const summary = summarise(good.client, good.server, [5, 20]);
    expect(summary.ok).toBe(true);
    expect(summary.total).toEqual({ sent: 7, received: 7, lost: 0, duplicated: 0 });
    expect(summary.outages).toEqual({ client: 2, server: 2 });
    expect(summary.recoveryMs).toEqual({ median: 12.5, max: 20 });
    expect([summary.retransmitted, summary.duplicatesDropped]).toEqual([8, 4]);
    expect(render(summary)).toContain('7 sent, 7 received');
    expect(render(summary)).toContain('0 lost');
    expect(render(summary)).toContain('0 duplicated');
  });

  it.each<[string, EndReport, EndReport, { lost: number; duplicated: number }]>([
    ['a line that is missing is lost', end('1', 3, [0]), end('1', 1, [0, 2]), { lost: 1, duplicated: 0 }],
    [
      'a line that came twice is duplicated',
      end('1', 2, [0, 0]),
      end('1', 1, [0, 1]),
      { lost: 0, duplicated: 1 },
    ],
    ['one that hides another is both', end('1', 2, [0]), end('1', 1, [0, 0]), { lost: 1, duplicated: 1 }],
    [
      'one that was never sent counts as duplicated',
      end('1', 1, [0, -1]),
      end('1', 1, [0]),
      { lost: 0, duplicated: 1 },
    ],
  ])('fails: %s', (_, client, server, expected) => {
    const summary = summarise([client], [server], [1]);
    expect(summary.total).toMatchObject(expected);
    expect(summary.ok).toBe(false);
    expect(render(summary)).toContain(`${expected.lost} lost`);
    expect(render(summary)).toContain(`${expected.duplicated} duplicated`);
  });

  it.each<[string, EndReport, EndReport]>([
    ['nothing was sent one way', end('1', 0, [0]), end('1', 1, [])],
    ['a link was not cut', end('1', 1, [0], 0), end('1', 1, [0], 0)],
  ])('fails when it proves nothing: %s', (_, client, server) => {
    const summary = summarise([client], [server], [1]);
    expect(summary.total).toMatchObject({ lost: 0, duplicated: 0 });
    expect(summary.ok).toBe(false);
  });

  it('takes the middle one of an odd number as the median', () => {
    const three = ['1', '2', '3'].map((id) => end(id, 1, [0]));
    expect(summarise(three, three, [9, 1, 4]).recoveryMs).toEqual({ median: 4, max: 9 });
  });
});
