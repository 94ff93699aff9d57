/**
 * Fuzzing of parsers of external input. It runs each file of a corpus unchanged, then changed copies of these
 * files, and random bytes. fast-check prints a failing case. Add that case to the corpus when the fault is
 * fixed. `SEEDS=100000` sets the number of cases.
 */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { countFromEnv } from './count.js';

const CASES = 300;

export interface FuzzTarget {
  /** A folder of cases, one per file: cases that failed once, and typical cases that are varied. */
  readonly corpus: URL;
  /** Words of the parser's grammar, which are inserted at random places. */
  readonly words?: readonly string[];
  /** Number of cases if `SEEDS` is not set. Lower it for a slow target. Default 300. */
  readonly cases?: number;
}

/** Calls `check` with each case. Rejects at the first case for which `check` throws or rejects. */
export async function fuzz(
  { corpus, words = [], cases = CASES }: FuzzTarget,
  check: (bytes: Buffer) => void | Promise<void>,
): Promise<void> {
  const known = readdirSync(corpus).map((name) => [name, readFileSync(new URL(name, corpus))] as const);
  for (const [name, bytes] of known) {
    try {
      await check(bytes);
    } catch (error) {
      throw new Error(`the case ${name} of the corpus fails`, { cause: error });
    }
  }
  const any = bytesLike(
    known.map(([, bytes]) => bytes),
    words.map((word) => Buffer.from(word)),
  );
  const numRuns = countFromEnv('SEEDS', cases);
  await fc.assert(
    fc.asyncProperty(any, async (bytes) => check(bytes)),
    { numRuns },
  );
}

type Change = (bytes: Buffer) => Buffer;

function bytesLike(known: readonly Buffer[], words: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const random = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  const piece = words.length === 0 ? random : fc.oneof(random, fc.constantFrom(...words));
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const change = fc.oneof(
    fc.tuple(place, piece).map(([at, what]) => spliced(at, 0, what)),
    fc.tuple(place, piece).map(([at, what]) => spliced(at, what.length, what)),
    fc.tuple(place, fc.nat(20)).map(([at, length]) => spliced(at, length, Buffer.alloc(0))),
    fc.tuple(place, place, place).map(([at, from, to]) => repeated(at, from, to)),
    place.map(
      (at): Change =>
        (bytes) =>
          bytes.subarray(0, Math.floor(at * bytes.length)),
    ),
  );
  const changed = fc
    .tuple(fc.constantFrom(Buffer.alloc(0), ...known), fc.array(change, { minLength: 1, maxLength: 5 }))
    .map(([bytes, changes]) => changes.reduce((so, each) => each(so), bytes));
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: random });
}

/** Replaces `length` bytes at this position. */
function spliced(at: number, length: number, what: Buffer): Change {
  return (bytes) => {
    const start = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, start), what, bytes.subarray(start + length)]);
  };
}

/** Copies a part to another position. */
function repeated(at: number, from: number, to: number): Change {
  return (bytes) => {
    const [start, end] = [Math.min(from, to), Math.max(from, to)].map((each) =>
      Math.floor(each * bytes.length),
    );
    return spliced(at, 0, bytes.subarray(start, end))(bytes);
  };
}
