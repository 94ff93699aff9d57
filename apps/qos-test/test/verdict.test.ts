import { describe, expect, it } from 'vitest';
import { verdictOn, NOTHING_ALLOWED, type Flow, type RunOfEnd } from '../campaign/verdict.js';
import { count } from '../campaign/count.js';
import type { JournalRecord, RecordKind } from '../campaign/journal.js';

const KINDS: Readonly<Record<string, RecordKind>> = {
  ...({ w: 'wrote', a: 'resolved', r: 'read', R: 'redelivered', x: 'nonsense' } as const),
  ...({ s: 'stored', c: 'came', d: 'done' } as const),
};

/**
 * `w0@1`: id 0 written at 1 in this run; `r2:0@5`: line 0 of the sender's run 2 read at 5; `c1:0/7@2`: line 0 of its run
 * 1 is in the store at place 7; `d0/7@3`: the one at that place is done.
 */
function run(number: number, [from, to]: readonly [number, number?], text: string): RunOfEnd {
  const records = text
    .split(' ')
    .filter((word) => word !== '')
    .map((word): JournalRecord => {
      const [, kind, sender, id, place = 0, at] = /^(\w)(?:(\d+):)?(\d+)(?:\/(\d+))?@(\d+)$/.exec(word)!;
      return {
        kind: KINDS[kind!]!,
        run: Number(sender ?? number),
        id: Number(id),
        place: Number(place),
        at: Number(at),
      };
    });
  return { run: number, startedAt: from, diedAt: to, records };
}

type Expected = Partial<Omit<Flow, 'findings' | 'allowed'>> & { readonly allowed?: Partial<Flow['allowed']> };

function expectFlow(flow: Flow, { allowed, ...expected }: Expected): void {
  const none = { lost: 0, doubled: 0, outOfOrder: 0, allowed: { ...NOTHING_ALLOWED, ...allowed } };
  expect(flow).toMatchObject({ ...none, ...expected });
}

const NO_KILL = [0] as const;

describe('without kills', () => {
  it('is content when every line is read once, in order', () => {
    const flow = verdictOn([run(1, NO_KILL, 'w0@1 a0@3 w1@4 a1@6')], [run(1, NO_KILL, 'r1:0@2 r1:1@5')]);
    expectFlow(flow, { written: 2, acked: 2, read: 2 });
    expect(flow.findings).toEqual([]);
  });

  it.each<[string, string, string, Partial<Flow>, RegExp]>([
    [
      'a line that is acked and not read is lost',
      'w0@1 a0@3',
      '',
      { lost: 1 },
      /^lost: line 0 of run 1 .* resolved/,
    ],
    ['one that is never acked is lost too', 'w0@1', '', { lost: 1 }, /never resolved$/],
    [
      'a line that is read twice is doubled',
      'w0@1 a0@3',
      'r1:0@2 r1:0@3',
      { doubled: 1 },
      /^doubled: line 0/,
    ],
    [
      'three times is doubled twice',
      'w0@1 a0@3',
      'r1:0@2 r1:0@3 r1:0@4',
      { doubled: 2 },
      /read it: 1, 1, 1$/,
    ],
    [
      'what was never written is doubled',
      'w0@1 a0@3',
      'r1:0@2 r1:7@3',
      { doubled: 1 },
      /never written \(1:7\)/,
    ],
    ['so is a line that is not a message', 'w0@1 a0@3', 'r1:0@2 x0:0@3', { doubled: 1 }, /never written/],
    [
      'one that comes after a later one is out of order',
      'w0@1 w1@1 a0@9 a1@9',
      'r1:1@2 r1:0@3',
      { outOfOrder: 1 },
      /^out of order: line 0 .* after line 1 of run 1$/,
    ],
  ])('%s', (_, sender, receiver, expected, finding) => {
    const flow = verdictOn([run(1, NO_KILL, sender)], [run(1, NO_KILL, receiver)]);
    expectFlow(flow, expected);
    expect(flow.findings).toHaveLength(Math.max(1, expected.doubled ?? 0));
    expect(flow.findings[0]).toMatch(finding);
  });
});

describe('where the sender was killed', () => {
  it('allows the loss of a line whose write had not resolved', () => {
    const flow = verdictOn(
      [run(1, [0, 10], 'w0@1 a0@3 w1@4'), run(2, [12], 'w0@13 a0@15')],
      [run(1, NO_KILL, 'r1:0@2 r2:0@14')],
    );
    expectFlow(flow, { written: 3, acked: 2, read: 2, allowed: { unresolved: 1, held: 0, twice: 0 } });
  });

  it('does not allow the loss of one whose write had resolved', () => {
    const flow = verdictOn([run(1, [0, 10], 'w0@1 a0@3'), run(2, [12], '')], [run(1, NO_KILL, '')]);
    expectFlow(flow, { lost: 1 });
  });

  it('does not take the same id of another run for the same line', () => {
    const flow = verdictOn(
      [run(1, [0, 10], 'w0@1'), run(2, [12], 'w0@13 a0@15')],
      [run(1, NO_KILL, 'r1:0@2 r2:0@14')],
    );
    expectFlow(flow, { written: 2, read: 2 });
  });

  it('counts a line of the dead after one of the living as out of order', () => {
    const flow = verdictOn(
      [run(1, [0, 10], 'w0@1'), run(2, [12], 'w0@13 a0@15')],
      [run(1, NO_KILL, 'r2:0@14 r1:0@16')],
    );
    expectFlow(flow, { outOfOrder: 1 });
  });
});

describe('where the receiver was killed', () => {
  it('allows the loss of a line that it had acked and not read', () => {
    const flow = verdictOn(
      [run(1, NO_KILL, 'w0@1 a0@3 w1@4 a1@6 w2@7 a2@15')],
      [run(1, [0, 10], 'r1:0@2'), run(2, [12], 'r1:2@14')],
    );
    expectFlow(flow, { written: 3, read: 2, allowed: { unresolved: 0, held: 1, twice: 0 } });
  });

  it('does not allow it when it had read what was written after the ack: lines are read in order', () => {
    const flow = verdictOn(
      [run(1, NO_KILL, 'w0@1 a0@3 w1@4 a1@6')],
      [run(1, [0, 10], 'r1:1@5'), run(2, [12], '')],
    );
    expectFlow(flow, { lost: 1 });
  });

  it('does not allow the loss of a line written after its death', () => {
    const flow = verdictOn([run(1, NO_KILL, 'w0@11 a0@15')], [run(1, [0, 10], ''), run(2, [12], '')]);
    expectFlow(flow, { lost: 1 });
  });

  it('does not allow the loss of a line acked before it lived', () => {
    const flow = verdictOn([run(1, NO_KILL, 'w0@1 a0@3')], [run(1, [5, 10], ''), run(2, [12], '')]);
    expectFlow(flow, { lost: 1 });
  });

  it('allows that the next run reads again a line whose write had not resolved', () => {
    const flow = verdictOn(
      [run(1, NO_KILL, 'w0@1 a0@15')],
      [run(1, [0, 10], 'r1:0@2'), run(2, [12], 'r1:0@14')],
    );
    expectFlow(flow, { read: 2, allowed: { unresolved: 0, held: 0, twice: 1 } });
  });

  it('does not allow it when the write had resolved', () => {
    const flow = verdictOn(
      [run(1, NO_KILL, 'w0@1 a0@3')],
      [run(1, [0, 10], 'r1:0@2'), run(2, [12], 'r1:0@14')],
    );
    expectFlow(flow, { doubled: 1 });
  });

  it('never allows twice in one run', () => {
    const flow = verdictOn(
      [run(1, NO_KILL, 'w0@1 a0@15')],
      [run(1, [0, 10], 'r1:0@2'), run(2, [12], 'r1:0@14 r1:0@16')],
    );
    expectFlow(flow, { doubled: 1, allowed: { unresolved: 0, held: 0, twice: 1 } });
  });
});

describe('with stores at both ends', () => {
  const ends = { sender: true, receiver: true, original: false };

  it('allows the loss of a line that was not stored when its sender died', () => {
    const flow = verdictOn([run(1, [0, 10], 'w0@1'), run(2, [12], '')], [run(1, NO_KILL, '')], ends);
    expectFlow(flow, { allowed: { unstored: 1 } });
  });

  it.each([
    ['in its own run', 'w0@1 s0@2', ''],
    ['in the next, which has found it', 'w0@1', 's1:0@13'],
  ])('does not allow the loss of one that was, as noted %s', (_, first, second) => {
    const senders = [run(1, [0, 10], first), run(2, [12], second)];
    expectFlow(verdictOn(senders, [run(1, NO_KILL, '')], ends), { lost: 1 });
  });

  it('does not allow the loss of a line that the receiver had acked and not read', () => {
    const flow = verdictOn(
      [run(1, NO_KILL, 'w0@1 s0@1 a0@3')],
      [run(1, [0, 10], 'c1:0/2@2'), run(2, [12], '')],
      ends,
    );
    expectFlow(flow, { lost: 1 });
  });

  it('allows that the next run reads a line again that is marked as redelivered', () => {
    const flow = verdictOn(
      [run(1, NO_KILL, 'w0@1 s0@1 a0@3')],
      [run(1, [0, 10], 'c1:0/2@2 r1:0@3'), run(2, [12], 'R1:0@14 d0/2@15')],
      ends,
    );
    expectFlow(flow, { read: 2, allowed: { redelivered: 1 } });
  });

  it.each([
    ['when it is not marked', 'c1:0/2@2 r1:0@3', 'r1:0@14'],
    ['when it was stored as done', 'c1:0/2@2 r1:0@3 d0/2@4', 'R1:0@14'],
    ['when the next run has found it as done', 'c1:0/2@2 r1:0@3', 'd0/2@13 R1:0@14'],
    ['in one run, marked or not', 'c1:0/2@2 r1:0@3 R1:0@4', ''],
  ])('does not allow it %s', (_, first, second) => {
    const flow = verdictOn(
      [run(1, NO_KILL, 'w0@1 s0@1 a0@20')],
      [run(1, [0, 10], first), run(2, [12], second)],
      ends,
    );
    expectFlow(flow, { doubled: 1 });
    expect(flow.findings[0]).toMatch(/^doubled: line 0/);
  });
});

describe('with a store at the sender and an original that receives', () => {
  const ends = { sender: true, receiver: false, original: true };

  it('allows the very first line to come again, and no other', () => {
    const sender = run(1, NO_KILL, 'w0@1 s0@1 a0@5 w1@6 s1@6 a1@9');
    expectFlow(verdictOn([sender], [run(1, NO_KILL, 'r1:0@2 r1:0@3 r1:1@7')], ends), { read: 3 });
    expectFlow(verdictOn([sender], [run(1, NO_KILL, 'r1:0@2 r1:1@7 r1:1@8')], ends), { doubled: 1 });
  });
});

describe('lines with the same text', () => {
  const sent = [run(1, [0, 10], 'w0@1 s0/0@2 a0@4 w1@5 s0/1@6 w2@7'), run(2, [12], 'w0@13 s0/2@14 a0@16')];

  it('are counted: what was not stored may be lost, and what is marked may come again', () => {
    const got = [run(1, [0, 5], 'c0/2@3 r0@3'), run(2, [6], 'R0@6 c0/5@7 r0@7 d0/2@8 c0/9@15 r0@15 d0/5@16')];
    expectFlow(count(sent, got), {
      ...{ written: 4, acked: 2, read: 4 },
      allowed: { unstored: 1, redelivered: 1 },
    });
  });

  it.each<[string, string, Expected]>([
    ['one that is stored and does not come is lost', 'c0/2@3 r0@3 c0/5@7 r0@7', { lost: 1 }],
    ['so is one that comes and is not read', 'c0/2@3 r0@3 c0/5@7 r0@7 c0/9@15', { lost: 1 }],
    [
      'one that comes twice is doubled',
      'c0/2@3 r0@3 c0/5@7 r0@7 c0/9@15 r0@15 c0/10@15 r0@15 c0/11@15 r0@15',
      { doubled: 1 },
    ],
    [
      'so is one that is handed over twice without a mark',
      'c0/2@3 r0@3 c0/5@7 r0@7 c0/9@15 r0@15 r0@16',
      { doubled: 1 },
    ],
    ['so is a line that is not a message', 'c0/2@3 r0@3 c0/5@7 r0@7 c0/9@15 r0@15 x0@16', { doubled: 1 }],
  ])('%s', (_, got, expected) => {
    const { lost, doubled, findings } = count(sent, [run(1, NO_KILL, got)]);
    expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0, ...expected });
    expect(findings).toHaveLength(1);
  });
});

it('keeps a bounded number of findings', () => {
  const ids = Array.from({ length: 100 }, (_, id) => id);
  const flow = verdictOn(
    [run(1, NO_KILL, ids.map((id) => `w${id}@1 a${id}@2`).join(' '))],
    [run(1, NO_KILL, '')],
  );
  expectFlow(flow, { lost: 100 });
  expect(flow.findings).toHaveLength(20);
});
