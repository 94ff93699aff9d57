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
  /** Once it is taken: ascending in the order of the writes. */
  readonly ticket: number | undefined;
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

  /**
   * What becomes of a new line: `take`, `wait`, `reject` or `drop` it, or drop the line returned and ask again.
   *
   * @param elsewhere lines that count too and are not here: they were written after those of the lanes with qos
   */
  decide(
    { bytes, key }: L,
    elsewhere: { readonly lines: number; readonly bytes: number },
  ): 'take' | 'wait' | 'reject' | 'drop' | L {
    const { maxLines, maxBytes, when } = this.#limits;
    const replaced = when === 'keep-latest-per-key' && key !== undefined ? this.#latest.get(key) : undefined;
    if (replaced !== undefined) return replaced;
    const fits = this.#bytes + elsewhere.bytes + bytes <= maxBytes;
    if (fits && this.size + elsewhere.lines < maxLines) return 'take';
    switch (when) {
      case 'wait':
      case 'reject':
        return when;
      case 'drop-newest':
        return 'drop';
      case 'drop-oldest':
      case 'keep-latest-per-key':
        // The oldest is elsewhere, until it is here.
        if (elsewhere.lines > 0 && this.#lanes.free.size + this.#lanes.ordered.size === 0) return 'wait';
        // A line that is longer than all the limit is the only one.
        return this.#oldest ?? 'take';
    }
  }

  /** A line that has a ticket, higher than those of its lane that are here. */
  add(line: L & { readonly ticket: number }): void {
    this.#lanes[line.lane].push(line.ticket, line);
    this.#bytes += line.bytes;
    this.nameLatest(line);
  }

  /** A line was written that is elsewhere: it is the latest with its key. */
  nameLatest(line: L): void {
    if (line.key !== undefined && this.#limits.when === 'keep-latest-per-key')
      this.#latest.set(line.key, line);
  }

  /** The line was sent, dropped or withdrawn; nothing changes if it is not known here. */
  delete(line: L): void {
    if (line.key !== undefined && this.#latest.get(line.key) === line) this.#latest.delete(line.key);
    if (line.ticket !== undefined && this.#lanes[line.lane].delete(line.ticket)) this.#bytes -= line.bytes;
  }

  /** The line of this lane that is sent next. */
  first(lane: Lane): L | undefined {
    return this.#lanes[lane].first;
  }

  get #oldest(): L | undefined {
    const { unsafe, free, ordered } = this.#lanes;
    let oldest: L | undefined;
    for (const { first } of [unsafe, free, ordered]) {
      if (first !== undefined && (oldest === undefined || first.ticket! < oldest.ticket!)) oldest = first;
    }
    return oldest;
  }
}
