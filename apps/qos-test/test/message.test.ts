import { expect, it } from 'vitest';
import { countsAtClient, parse } from '../src/message.js';
import { report } from '../src/report.js';

it.each<[string, 'client' | 'server', number, number | undefined]>([
  ['[5, 1, 21000, 0, 0, 0, 60]', 'client', 5, undefined],
  ['[5, 1, 21000, 0, 0]', 'client', 5, undefined], // a board in fast mode
  ['[5,1,21000,0,0,0,60,3]', 'client', 5, 3],
  ['[5, 5]', 'server', 5, undefined],
  ['[5,5,2]', 'server', 5, 2],
])('reads %s of a %s', (line, from, id, run) => {
  expect(parse(line, from)).toMatchObject({ id, run });
});

it.each(['', 'hello', '{}', '[]', '["1"]', '[-1, 0]', '[0.5, 0]', '[1,1,-2]'])(
  'finds no message in %j',
  (line) => {
    expect(parse(line, 'server')).toBeUndefined();
  },
);

it('knows what a client reports of what it has received, in fast mode less', () => {
  const reported = (line: string): unknown => countsAtClient(parse(line, 'client')!);
  expect(reported('[5, 1, 21000, 7, 8, 9, 60]')).toEqual({ duplicates: 7, missing: 8, outOfOrder: 9 });
  expect(reported('[5, 1, 21000, 7, 8]')).toEqual({ duplicates: 7, missing: 8 });
});

it('reports uptime, outages and what both ends have counted', () => {
  const here = { duplicates: 1, missing: 2, outOfOrder: 3, reboots: 4 };
  expect(report({ uptimeMs: 1_800_000, outages: 5, here, outstanding: 0 })).toBe(
    'uptime 0.50 h, outages 5; duplicates 1; missing 2; out of order 3; reboots of the peer 4',
  );
  const there = { duplicates: 6, missing: 7 };
  expect(report({ uptimeMs: 0, outages: 0, here, outstanding: 8, there, peerUptime: 7200 })).toBe(
    'uptime 0.00 h, outages 0; duplicates 1 here, 6 at the peer; missing 2 here, 7 at the peer (8 not here yet); ' +
      'out of order 3 here, ? at the peer; reboots of the peer 4, its uptime 2.00 h',
  );
});
