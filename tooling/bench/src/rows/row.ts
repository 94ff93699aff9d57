/** What the bench measures: a row has contestants, and a figure of each for each of its metrics. */
import type { ContestantName } from '../contestants/contestants.js';
import type { LinePairs } from './line-pairs.js';

export interface Metric {
  /** The name in figures and goals. */
  readonly key: string;
  readonly title: string;
  readonly unit: '/s' | 'µs' | 'ms' | 's' | 'cores' | 'KB' | '%' | '';
}

/** By the keys of the metrics. NaN: it cannot be measured. */
export type Figures = Readonly<Record<string, number>>;

export interface Bench {
  /** Aborted when the bench is to end. */
  readonly stop: AbortSignal;
  /** Prints what worker processes say. */
  readonly say: (name: string, line: string) => void;
  /** The processes of the rows that share them. */
  readonly pairs: LinePairs;
}

export interface Row {
  /** What `--only` takes, and any beginning of it. */
  readonly name: string;
  readonly title: string;
  readonly contestants: readonly ContestantName[];
  readonly metrics: readonly Metric[];
  readonly rounds: number;
  /** About how long one round of one contestant takes, for the progress bar. */
  readonly seconds: number;
  /** Open files that each process needs. */
  readonly files?: number;
  /** True where the processes of `bench.pairs` are used; they end before other rows begin, whose figures they would disturb. */
  readonly usesPairs?: boolean;
  /** One round of one contestant. */
  measure(contestant: ContestantName, bench: Bench): Promise<Figures>;
}
