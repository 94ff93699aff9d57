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

/** Lines that are in a store only. */
export interface Elsewhere<L> {
  /** Those that were written after those of the lanes `free` and `ordered`. */
  readonly shelved: { readonly lines: number; readonly bytes: number };
  /** Those of the lane `newest`, older than all of it that are here. */
  readonly stacked: { readonly lines: number; readonly bytes: number };
  /** The oldest of these, or its ticket where its size is not known. */
  readonly oldestStacked: () => L | number | undefined;
}

export class Backlog<L extends BacklogLine> {
  readonly #limits: BacklogLimits;
  readonly #lanes: Readonly<Record<Lane, OrderedQueue<L>>> = {
    unsafe: new OrderedQueue(),
    free: new OrderedQueue(),
    newest: new OrderedQueue(),
    ordered: new OrderedQueue(),
  };
  readonly #latest = new Map<string, L>();
  #bytes = 0;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  get size(): number {
    const { unsafe, free, newest, ordered } = this.#lanes;
    return unsafe.size + free.size + newest.size + ordered.size;
  }

  /**
   * What becomes of a new line: `take`, `wait`, `reject` or `drop` it, or drop the line returned and ask again; or `look-up`:
   * ask again when the oldest line is known that is elsewhere.
   *
   * @param elsewhere lines that count too and are not here
   */
  decide(
    { bytes, key }: L,
    { shelved, stacked, oldestStacked }: Elsewhere<L>,
  ): 'take' | 'wait' | 'reject' | 'drop' | 'look-up' | L {
    const { maxLines, maxBytes, when } = this.#limits;
    const replaced = when === 'keep-latest-per-key' && key !== undefined ? this.#latest.get(key) : undefined;
    if (replaced !== undefined) return replaced;
    const fits = this.#bytes + shelved.bytes + stacked.bytes + bytes <= maxBytes;
    if (fits && this.size + shelved.lines + stacked.lines < maxLines) return 'take';
    switch (when) {
      case 'wait':
      case 'reject':
        return when;
      case 'drop-newest':
        return 'drop';
      case 'drop-oldest':
      case 'keep-latest-per-key':
        // The oldest is elsewhere, until it is here.
        if (shelved.lines > 0 && this.#lanes.free.size + this.#lanes.ordered.size === 0) return 'wait';
        // A line that is longer than all the limit is the only one.
        return this.#oldest(oldestStacked()) ?? 'take';
    }
  }

  /** A line that has a ticket: higher than those of its lane that are here, or, where the newest goes first, lower. */
  add(line: L & { readonly ticket: number }): void {
    const lane = this.#lanes[line.lane];
    if (line.ticket < (lane.firstNumber ?? 0)) lane.pushFirst(line.ticket, line);
    else lane.push(line.ticket, line);
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
  next(lane: Lane): L | undefined {
    return lane === 'newest' ? this.#lanes.newest.last : this.#lanes[lane].first;
  }

  /** The line of this lane that was written first. */
  first(lane: Lane): L | undefined {
    return this.#lanes[lane].first;
  }

  #oldest(stacked: L | number | undefined): L | 'look-up' | undefined {
    const { unsafe, free, newest, ordered } = this.#lanes;
    let oldest: L | undefined = typeof stacked === 'object' ? stacked : undefined;
    for (const { first } of [unsafe, free, newest, ordered]) {
      if (first !== undefined && (oldest === undefined || first.ticket! < oldest.ticket!)) oldest = first;
    }
    if (typeof stacked === 'number' && stacked < (oldest?.ticket ?? Infinity)) return 'look-up';
    return oldest;
  }
}
