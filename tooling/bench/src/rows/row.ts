/** The types of a row. A row measures several contestants, and gives one figure per contestant and metric. */
import type { ContestantName } from '../contestants/contestants.js';
import type { LinePairs } from './line-pairs.js';

export interface Metric {
  /** The name in figures and goals. */
  readonly key: string;
  readonly title: string;
  readonly unit: '/s' | 'µs' | 'ms' | 's' | 'cores' | 'KB' | '%' | '';
}

/** Figures by the keys of the metrics. NaN: it cannot be measured. */
export type Figures = Readonly<Record<string, number>>;

export interface Bench {
  /** Aborted when the bench must end. */
  readonly stop: AbortSignal;
  /** Prints the output of worker processes. */
  readonly say: (name: string, line: string) => void;
  /** The processes of the rows that share them. */
  readonly pairs: LinePairs;
}

export interface Row {
  /** The name for `--only`, which also accepts a prefix of it. */
  readonly name: string;
  readonly title: string;
  readonly contestants: readonly ContestantName[];
  readonly metrics: readonly Metric[];
  readonly rounds: number;
  /** Estimated duration of one round of one contestant, for the progress bar. */
  readonly seconds: number;
  /** Open files that each process needs. */
  readonly files?: number;
  /**
   * True if the row uses the processes of `bench.pairs`. These processes end before other rows begin, because
   * they would affect the figures of those rows.
   */
  readonly usesPairs?: boolean;
  /** One round of one contestant. */
  measure(contestant: ContestantName, bench: Bench): Promise<Figures>;
}
