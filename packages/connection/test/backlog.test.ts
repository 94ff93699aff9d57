import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lane } from '@iot/qos/internal';
import { Backlog, WHEN_FULL, type BacklogLimits, type BacklogLine } from '../src/backlog.js';

type Ticketed = BacklogLine & { readonly ticket: number };

const LANES = ['unsafe', 'free', 'newest', 'ordered'] as const;
const NONE = { lines: 0, bytes: 0 };
const NONE_ELSEWHERE = { shelved: NONE, stacked: NONE, oldestStacked: () => undefined };

/** Writes a line as the owner of a backlog does; what became of it and of those that had to go. */
function write(backlog: Backlog<Ticketed>, line: Ticketed): string[] {
  const done: string[] = [];
  for (;;) {
    const decision = backlog.decide(line, NONE_ELSEWHERE);
    if (decision === 'take') backlog.add(line);
    if (typeof decision === 'string') return [...done, `${decision} ${line.ticket}`];
    backlog.delete(decision);
    done.push(`drop ${decision.ticket}`);
  }
}

/** The policies once more, over a plain list; the oldest line is the first. */
function modelWrite(held: Ticketed[], line: Ticketed, limits: BacklogLimits): string[] {
  const { maxLines, maxBytes, when } = limits;
  const bytes = () => held.reduce((sum, it) => sum + it.bytes, line.bytes);
  const done: string[] = [];
  const drop = (index: number) => done.push(`drop ${held.splice(index, 1)[0]!.ticket}`);
  const same = held.findIndex(({ key }) => key !== undefined && key === line.key);
  if (when === 'keep-latest-per-key' && same >= 0) drop(same);
  const full = () => held.length >= maxLines || bytes() > maxBytes;
  if (full() && (when === 'wait' || when === 'reject')) return [`${when} ${line.ticket}`];
  if (full() && when === 'drop-newest') return [`drop ${line.ticket}`];
  while (full() && held.length > 0) drop(0);
  held.push(line);
  return [...done, `take ${line.ticket}`];
}

/** Where the newest goes first, it is the last one. */
function nextOf(held: readonly Ticketed[], lane: Lane): Ticketed | undefined {
  const isOfLane = (line: Ticketed) => line.lane === lane;
  return lane === 'newest' ? held.findLast(isOfLane) : held.find(isOfLane);
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      lane: fc.constantFrom(...LANES),
      bytes: fc.integer({ min: 1, max: 12 }),
      key: fc.constantFrom(undefined, 'a', 'b', 'c'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ sent: fc.constantFrom(...LANES) }) },
  { weight: 1, arbitrary: fc.record({ withdrawn: fc.nat() }) },
);

describe('a backlog', () => {
  it.each(WHEN_FULL)(
    'with %s does what a plain list does, whatever is written, sent and withdrawn',
    (when) => {
      const limited = fc.record({
        maxLines: fc.integer({ min: 1, max: 6 }),
        maxBytes: fc.integer({ min: 8, max: 40 }),
      });
      fc.assert(
        fc.property(limited, fc.array(step, { maxLength: 80 }), (max, steps) => {
          const limits = { ...max, when };
          const backlog = new Backlog<Ticketed>(limits);
          const held: Ticketed[] = [];
          for (const [number, it] of steps.entries()) {
            if ('lane' in it) {
              const line = { ticket: number, ...it };
              expect(write(backlog, line)).toEqual(modelWrite(held, line, limits));
            } else {
              const gone = 'sent' in it ? nextOf(held, it.sent) : held[it.withdrawn % held.length];
              if ('sent' in it) expect(backlog.next(it.sent)).toBe(gone);
              if (gone === undefined) continue;
              backlog.delete(gone);
              held.splice(held.indexOf(gone), 1);
            }
            expect(backlog.size).toBe(held.length);
            expect(backlog.size).toBeLessThanOrEqual(max.maxLines);
            for (const lane of LANES)
              expect(backlog.first(lane)).toBe(held.find((line) => line.lane === lane));
          }
        }),
        { numRuns: 500 },
      );
    },
  );
});
