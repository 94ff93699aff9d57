import { describe, expect, it } from 'vitest';
import { judge, type Flow, type LifeOfEnd } from '../campaign/verdict.js';
import type { JournalRecord, RecordKind } from '../campaign/journal.js';

const KINDS: Readonly<Record<string, RecordKind>> = { w: 'wrote', a: 'resolved', r: 'read', x: 'nonsense' };

/** `w0@1`: id 0 written at 1 in this life; `r2:0@5`: line 0 of the sender's life 2 read at 5. */
function life(number: number, [from, to]: readonly [number, number?], text: string): LifeOfEnd {
  const records = text
    .split(' ')
    .filter((word) => word !== '')
    .map((word): JournalRecord => {
      const [, kind, sender, id, at] = /^(\w)(?:(\d+):)?(\d+)@(\d+)$/.exec(word)!;
      return { kind: KINDS[kind!]!, life: Number(sender ?? number), id: Number(id), at: Number(at) };
    });
  return { life: number, startedAt: from, diedAt: to, records };
}

function expectFlow(flow: Flow, expected: Partial<Omit<Flow, 'findings'>>): void {
  const none = { lost: 0, doubled: 0, outOfOrder: 0, allowed: { unresolved: 0, held: 0, twice: 0 } };
  expect(flow).toMatchObject({ ...none, ...expected });
}

const NO_KILL = [0] as const;

describe('without kills', () => {
  it('is content when every line is read once, in order', () => {
    const flow = judge([life(1, NO_KILL, 'w0@1 a0@3 w1@4 a1@6')], [life(1, NO_KILL, 'r1:0@2 r1:1@5')]);
    expectFlow(flow, { written: 2, acked: 2, read: 2 });
    expect(flow.findings).toEqual([]);
  });

  it.each<[string, string, string, Partial<Flow>, RegExp]>([
    [
      'a line that is acked and not read is lost',
      'w0@1 a0@3',
      '',
      { lost: 1 },
      /^lost: line 0 of life 1 .* resolved/,
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
    ['so is what is no message', 'w0@1 a0@3', 'r1:0@2 x0:0@3', { doubled: 1 }, /never written/],
    [
      'one that comes after a later one is out of order',
      'w0@1 w1@1 a0@9 a1@9',
      'r1:1@2 r1:0@3',
      { outOfOrder: 1 },
      /^out of order: line 0 .* after line 1 of life 1$/,
    ],
  ])('%s', (_, sender, receiver, expected, finding) => {
    const flow = judge([life(1, NO_KILL, sender)], [life(1, NO_KILL, receiver)]);
    expectFlow(flow, expected);
    expect(flow.findings).toHaveLength(Math.max(1, expected.doubled ?? 0));
    expect(flow.findings[0]).toMatch(finding);
  });
});

describe('where the sender was killed', () => {
  it('allows the loss of a line whose write had not resolved', () => {
    const flow = judge(
      [life(1, [0, 10], 'w0@1 a0@3 w1@4'), life(2, [12], 'w0@13 a0@15')],
      [life(1, NO_KILL, 'r1:0@2 r2:0@14')],
    );
    expectFlow(flow, { written: 3, acked: 2, read: 2, allowed: { unresolved: 1, held: 0, twice: 0 } });
  });

  it('does not allow the loss of one whose write had resolved', () => {
    const flow = judge([life(1, [0, 10], 'w0@1 a0@3'), life(2, [12], '')], [life(1, NO_KILL, '')]);
    expectFlow(flow, { lost: 1 });
  });

  it('does not take the same id of another life for the same line', () => {
    const flow = judge(
      [life(1, [0, 10], 'w0@1'), life(2, [12], 'w0@13 a0@15')],
      [life(1, NO_KILL, 'r1:0@2 r2:0@14')],
    );
    expectFlow(flow, { written: 2, read: 2 });
  });

  it('counts a line of the dead after one of the living as out of order', () => {
    const flow = judge(
      [life(1, [0, 10], 'w0@1'), life(2, [12], 'w0@13 a0@15')],
      [life(1, NO_KILL, 'r2:0@14 r1:0@16')],
    );
    expectFlow(flow, { outOfOrder: 1 });
  });
});

describe('where the receiver was killed', () => {
  it('allows the loss of a line that it had acked and not read', () => {
    const flow = judge(
      [life(1, NO_KILL, 'w0@1 a0@3 w1@4 a1@6 w2@7 a2@15')],
      [life(1, [0, 10], 'r1:0@2'), life(2, [12], 'r1:2@14')],
    );
    expectFlow(flow, { written: 3, read: 2, allowed: { unresolved: 0, held: 1, twice: 0 } });
  });

  it('does not allow it when it had read what was written after the ack: lines are read in order', () => {
    const flow = judge(
      [life(1, NO_KILL, 'w0@1 a0@3 w1@4 a1@6')],
      [life(1, [0, 10], 'r1:1@5'), life(2, [12], '')],
    );
    expectFlow(flow, { lost: 1 });
  });

  it('does not allow the loss of a line written after its death', () => {
    const flow = judge([life(1, NO_KILL, 'w0@11 a0@15')], [life(1, [0, 10], ''), life(2, [12], '')]);
    expectFlow(flow, { lost: 1 });
  });

  it('does not allow the loss of a line acked before it lived', () => {
    const flow = judge([life(1, NO_KILL, 'w0@1 a0@3')], [life(1, [5, 10], ''), life(2, [12], '')]);
    expectFlow(flow, { lost: 1 });
  });

  it('allows that the next life reads again a line whose write had not resolved', () => {
    const flow = judge(
      [life(1, NO_KILL, 'w0@1 a0@15')],
      [life(1, [0, 10], 'r1:0@2'), life(2, [12], 'r1:0@14')],
    );
    expectFlow(flow, { read: 2, allowed: { unresolved: 0, held: 0, twice: 1 } });
  });

  it('does not allow it when the write had resolved', () => {
    const flow = judge(
      [life(1, NO_KILL, 'w0@1 a0@3')],
      [life(1, [0, 10], 'r1:0@2'), life(2, [12], 'r1:0@14')],
    );
    expectFlow(flow, { doubled: 1 });
  });

  it('never allows twice in one life', () => {
    const flow = judge(
      [life(1, NO_KILL, 'w0@1 a0@15')],
      [life(1, [0, 10], 'r1:0@2'), life(2, [12], 'r1:0@14 r1:0@16')],
    );
    expectFlow(flow, { doubled: 1, allowed: { unresolved: 0, held: 0, twice: 1 } });
  });
});

it('keeps a bounded number of findings', () => {
  const ids = Array.from({ length: 100 }, (_, id) => id);
  const flow = judge(
    [life(1, NO_KILL, ids.map((id) => `w${id}@1 a${id}@2`).join(' '))],
    [life(1, NO_KILL, '')],
  );
  expectFlow(flow, { lost: 100 });
  expect(flow.findings).toHaveLength(20);
});
