import { describe, expect, it } from 'vitest';
import { renderI2c, summariseI2c, type Crash } from '../demo/i2c-summary.js';
import type { EndReport } from '../demo/recording-log.js';

function end(sent: number, received: number[], outages = 1): EndReport {
  return { id: '1', sent, received, outages, retransmitted: 0, duplicatesDropped: 0 };
}

function crash(toServer: number[] = [], toBoard: number[] = [], backMs = 5): Crash {
  return { underWay: { toServer, toBoard }, backMs };
}

describe('the summary of the demo with --i2c', () => {
  it('passes when what is missing died with a bridge, one line each way and crash', () => {
    const crashes = [crash([1], [0], 10), crash([3], [], 30)];
    const summary = summariseI2c(end(5, [1, 2], 2), end(3, [0, 2, 4], 2), crashes, 3);
    expect(summary).toEqual({
      toServer: { sent: 5, received: 3, died: 2, lost: 0, duplicated: 0, reordered: 0 },
      toBoard: { sent: 3, received: 2, died: 1, lost: 0, duplicated: 0, reordered: 0 },
      outages: { board: 2, server: 2 },
      crashes: 2,
      resets: 3,
      backMs: { median: 20, max: 30 },
      ok: true,
    });
    const text = renderI2c(summary);
    expect(text).toContain('8 sent, 5 received, 0 lost, 0 duplicated, 0 reordered');
    expect(text).toContain(
      '2 crashes of the bridge, with which 2 lines to the server and 1 to the board died',
    );
    expect(text).toContain(
      'outages: 2 seen by the board, 2 by the server; back after 20 ms (median), 30 ms (max)',
    );
    expect(text).toContain('passed');
  });

  it.each<[string, { sent: number; received: number[]; crashes: Crash[] }, string]>([
    [
      'a line is missing that no crash explains',
      { sent: 3, received: [0, 2], crashes: [crash([0])] },
      '1 lost',
    ],
    ['one crash took two lines', { sent: 3, received: [2], crashes: [crash([0, 1])] }, '1 lost'],
    [
      'two crashes are to explain one line, and another is missing',
      { sent: 4, received: [0, 3], crashes: [crash([1]), crash([1])] },
      '1 lost',
    ],
    ['a line came twice', { sent: 2, received: [0, 0, 1], crashes: [crash()] }, '1 duplicated'],
    ['a line came that was never sent', { sent: 1, received: [0, -1], crashes: [crash()] }, '1 duplicated'],
    ['a line came late', { sent: 3, received: [0, 2, 1], crashes: [crash()] }, '1 reordered'],
  ])('fails: %s', (_, { sent, received, crashes }, text) => {
    const summary = summariseI2c(end(sent, [0], 2), end(1, received, 2), crashes, 3);
    expect(summary.ok).toBe(false);
    expect(renderI2c(summary)).toContain(text);
    expect(renderI2c(summary)).toContain('FAILED');
  });

  it.each<[string, EndReport, EndReport, Crash[], number]>([
    ['nothing was sent one way', end(0, [0]), end(1, []), [crash()], 2],
    ['nothing crashed', end(1, [0]), end(1, [0]), [], 1],
    ['the board did not reset the bridge after a crash', end(1, [0]), end(1, [0]), [crash()], 1],
    ['the board saw no outage', end(1, [0], 0), end(1, [0]), [crash()], 2],
    ['the server saw no outage', end(1, [0]), end(1, [0], 0), [crash()], 2],
  ])('fails when it proves nothing: %s', (_, board, server, crashes, resets) => {
    const summary = summariseI2c(board, server, crashes, resets);
    expect([summary.toServer.lost, summary.toBoard.lost]).toEqual([0, 0]);
    expect(summary.ok).toBe(false);
  });
});
