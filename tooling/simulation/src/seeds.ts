import { Trace } from './trace.js';

/** The seeds to run: `count` seeds, beginning with `first`. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
}

export interface RunSeedsOptions extends SeedRange {
  /**
   * Runs the world of one seed. Throws if a promise is broken. The `trace` of the error (text or `Trace`) is
   * printed.
   */
  readonly run: (seed: number) => void;
}

/** The failure of a seed. The message contains the error, the command to replay it, and the trace. */
export class SeedError extends Error {
  override readonly name = 'SeedError';

  constructor(
    readonly seed: number,
    cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const trace = traceOf(cause);
    super(
      `seed ${seed}: ${why}\nreplay with: SEED=${seed} npx vitest run test/simulation (in this package)` +
        (trace === undefined ? '' : `\n--- trace ---\n${trace}`),
      { cause },
    );
  }
}

/** Runs one seed after the other. Stops at the first failure with a `SeedError`. */
export function runSeeds({ first, count, run }: RunSeedsOptions): void {
  for (let seed = first; seed < first + count; seed += 1) {
    try {
      run(seed);
    } catch (error) {
      throw new SeedError(seed, error);
    }
  }
}

/**
 * The seeds given by the environment. `SEED=17`: only this seed. `SEEDS=5000`: the seeds 1 to 5000. Otherwise
 * the fallback, whose number of seeds is suitable for `npm test`.
 */
export function seedsFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  fallback: { readonly first?: number; readonly count: number },
): SeedRange {
  const { SEED: one, SEEDS: many } = env;
  if (one !== undefined && one !== '') return { first: wholeNumber('SEED', one), count: 1 };
  if (many !== undefined && many !== '') return { first: 1, count: wholeNumber('SEEDS', many) };
  return { first: fallback.first ?? 1, count: fallback.count };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${name}=${text} is not a whole number`);
  return value;
}

function traceOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('trace' in error)) return undefined;
  const { trace } = error;
  if (trace instanceof Trace) return trace.toString();
  return typeof trace === 'string' ? trace : undefined;
}
