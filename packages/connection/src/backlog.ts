/**
 * Lines that were written and have never been sent, within limits: what becomes of a new line when one of these is full.
 * Pure: who owns it says which lines have come and which have left.
 */
import { OrderedQueue, type Lane } from '@iot/qos/internal';

export const WHEN_FULL = ['wait', 'reject', 'drop-oldest', 'drop-newest', 'keep-latest-per-key'] as const;

export interface BacklogLimits {
  readonly maxLines: number;
  /** Of UTF-8; at least the longest line. */
  readonly maxBytes: number;
  readonly when: (typeof WHEN_FULL)[number];
}

export interface BacklogLine {
  /** Ascending in the order of the writes. */
  readonly number: number;
  /** Lines of one lane leave in their order, those of others may overtake them. */
  readonly lane: Lane;
  readonly bytes: number;
  readonly key: string | undefined;
}

export class Backlog<L extends BacklogLine> {
  readonly #limits: BacklogLimits;
  readonly #lanes = {
    unsafe: new OrderedQueue<L>(),
    free: new OrderedQueue<L>(),
    ordered: new OrderedQueue<L>(),
  };
  readonly #latest = new Map<string, L>();
  #bytes = 0;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  get size(): number {
    const { unsafe, free, ordered } = this.#lanes;
    return unsafe.size + free.size + ordered.size;
  }

  /** What becomes of a new line: `take`, `wait`, `reject` or `drop` it, or drop the line returned and ask again. */
  decide({ bytes, key }: L): 'take' | 'wait' | 'reject' | 'drop' | L {
    const { maxLines, maxBytes, when } = this.#limits;
    const replaced = when === 'keep-latest-per-key' && key !== undefined ? this.#latest.get(key) : undefined;
    if (replaced !== undefined) return replaced;
    if (this.size < maxLines && this.#bytes + bytes <= maxBytes) return 'take';
    switch (when) {
      case 'wait':
      case 'reject':
        return when;
      case 'drop-newest':
        return 'drop';
      case 'drop-oldest':
      case 'keep-latest-per-key':
        // A line that is longer than all the limit is the only one.
        return this.#oldest ?? 'take';
    }
  }

  /** @param line whose number is higher than those of its lane that are here */
  add(line: L): void {
    this.#lanes[line.lane].push(line.number, line);
    this.#bytes += line.bytes;
    if (line.key !== undefined) this.#latest.set(line.key, line);
  }

  /** The line was sent, dropped or withdrawn; nothing changes if it is not here. */
  delete(line: L): void {
    if (!this.#lanes[line.lane].delete(line.number)) return;
    this.#bytes -= line.bytes;
    if (line.key !== undefined && this.#latest.get(line.key) === line) this.#latest.delete(line.key);
  }

  /** The line of this lane that is sent next. */
  first(lane: Lane): L | undefined {
    return this.#lanes[lane].first;
  }

  get #oldest(): L | undefined {
    const { unsafe, free, ordered } = this.#lanes;
    let oldest: L | undefined;
    for (const { first } of [unsafe, free, ordered]) {
      if (first !== undefined && (oldest === undefined || first.number < oldest.number)) oldest = first;
    }
    return oldest;
  }
}
