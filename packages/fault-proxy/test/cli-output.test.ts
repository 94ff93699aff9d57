import { expect, it } from 'vitest';
import { endText, statsText, stepText } from '../src/cli/words.js';
import type { FaultProxyStats } from '../src/index.js';
import { newTally } from '../src/stats.js';

const stats: FaultProxyStats = { ...newTally(), links: 1, accepted: 3, queuedBytes: 0 };

it('shows the faults that have happened, and rates against a second ago', () => {
  const now = {
    ...stats,
    bytesToServer: 1_234_567,
    bytesToClient: 2500,
    cuts: 2,
    dropped: 1,
    bytesDropped: 7,
  };
  const before = { ...stats, bytesToServer: 1_230_000, bytesToClient: 2500 };
  expect(statsText(now, before)).toBe(
    '1 of 3 links, to server 1.2 MB (4.6 kB/s), to client 2.5 kB (0 B/s), cuts 2, dropped 1, bytes dropped 7',
  );
  expect(statsText({ ...stats, queuedBytes: 12 })).toBe(
    '1 of 3 links, to server 0 B, to client 0 B, queued 12 B',
  );
});

it('describes steps in words', () => {
  expect(stepText({ at: 0, do: 'cut', how: 'rst' }, 'begins')).toBe('cut how rst');
  expect(stepText({ at: 0, do: 'stall', direction: 'both', for: 9 }, 'begins')).toBe('stall both ways for 9');
  expect(stepText({ at: 0, do: 'stall', for: 9 }, 'ends')).toBe('stall ends');
});

it('describes every end of a link in words', () => {
  expect(endText({ type: 'cut', kind: 'fin' })).toBe('cut (fin)');
  expect(endText({ type: 'closed' })).toBe('closed by both sides');
  expect(endText({ type: 'reset', by: 'client', code: 'ECONNRESET' })).toBe(
    'reset by the client (ECONNRESET)',
  );
  expect(endText({ type: 'refused', code: 'ECONNREFUSED' })).toBe(
    'the server cannot be reached (ECONNREFUSED)',
  );
  expect(endText({ type: 'proxyClosed' })).toBe('the proxy was closed');
});
