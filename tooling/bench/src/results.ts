/** The results of a run: the figures, and the measurements that were not possible. */
import { CONTESTANTS, type ContestantName } from './contestants/contestants.js';
import type { Figures, Metric, Row } from './rows/row.js';
import { spread, type Spread } from './statistics.js';

/** One contestant in one row. */
export interface Cell {
  readonly contestant: ContestantName;
  readonly rounds: Figures[];
  /** The requirement that this machine lacks. */
  missing?: string;
  /** Why a round failed. No further rounds follow. */
  failed?: string;
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly cells: readonly Cell[];
}

export class Results {
  readonly rows: RowResult[] = [];

  add({
    name,
    title,
    metrics,
    contestants,
  }: Pick<Row, 'name' | 'title' | 'metrics' | 'contestants'>): RowResult {
    const cells = contestants.map((contestant): Cell => ({ contestant, rounds: [] }));
    const row = { name, title, metrics, cells };
    this.rows.push(row);
    return row;
  }

  row(name: string): RowResult | undefined {
    return this.rows.find((row) => row.name === name);
  }

  /** One figure per round. Empty if it was not measured. */
  figures(row: string, contestant: ContestantName, metric: string): number[] {
    const cell = this.row(row)?.cells.find((it) => it.contestant === contestant);
    const figures = cell?.rounds.map((round) => round[metric] ?? NaN) ?? [];
    return figures.filter((figure) => !Number.isNaN(figure));
  }

  /** Median and range of one figure over the rounds. Undefined if it was not measured. */
  spread(row: string, contestant: ContestantName, metric: string): Spread | undefined {
    const figures = this.figures(row, contestant, metric);
    return figures.length === 0 ? undefined : spread(figures);
  }

  /** The measurements that were not possible, with reasons, each once. */
  get missing(): string[] {
    return this.#told('missing');
  }

  get failed(): string[] {
    return this.#told('failed');
  }

  #told(what: 'missing' | 'failed'): string[] {
    const told = this.rows.flatMap(({ name, cells }) =>
      cells.flatMap((cell) => {
        const { [what]: why, contestant } = cell;
        if (why === undefined) return [];
        return [
          what === 'missing' ? `${CONTESTANTS[contestant].title}: ${why}` : `${name}, ${contestant}: ${why}`,
        ];
      }),
    );
    return [...new Set(told)];
  }
}
