/**
 * Records of unsent lines (written, and never sent), and the decision about a new line when a limit of `offline` is reached.
 * It has no I/O. Its owner (`unsent-lines.ts`) adds a record when a line is written, and deletes it when the line is sent or
 * given up.
 */
import { OrderedQueue, type Lane } from '@iot/qos/internal';

export const WHEN_FULL = ['wait', 'reject', 'drop-oldest', 'drop-newest', 'keep-latest-per-key'] as const;

export interface BacklogLimits {
  readonly maxLines: number;
  /** Bytes of UTF-8. At least as many as the longest line has. */
  readonly maxBytes: number;
  readonly when: (typeof WHEN_FULL)[number];
}

export interface BacklogLine {
  /** The number of the line in its engine, in the order of the writes. Undefined until the engine has the line. */
  readonly ticket: number | undefined;
  /**
   * The kind of the line: `unsafe` (`qos: false`), `free` (`wait: false`), `newest` (`wait: false` with `newest-first`) or
   * `ordered` (`wait: true`). Lane `newest` is sent from its newest line back, every other lane in the order of the writes.
   * Lines of other lanes may overtake them.
   */
  readonly lane: Lane;
  readonly bytes: number;
  readonly key: string | undefined;
}

/** Unsent lines that are in the store only, and not in memory. They count towards the limits, and have no record here. */
export interface Elsewhere<L> {
  /** Lines of the lanes `free` and `ordered`. They were written after all lines of these lanes that have a record here. */
  readonly shelved: { readonly lines: number; readonly bytes: number };
  /** Lines of the lane `newest`. They are older than all lines of this lane that have a record here. */
  readonly stacked: { readonly lines: number; readonly bytes: number };
  /** The oldest line of `stacked`, or only its ticket if its size is not known yet. */
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
   * Decides about a new line: `take`, `wait`, `reject` or `drop` it. If the result is another line, the caller drops that line
   * and asks again. If it is `look-up`, the caller looks up the oldest line of `stacked` and asks again.
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
        // The oldest line is in the store only. It can be dropped once it has been read back.
        if (shelved.lines > 0 && this.#lanes.free.size + this.#lanes.ordered.size === 0) return 'wait';
        // No other line is left to drop: the new line alone exceeds the limit, and is taken.
        return this.#oldest(oldestStacked()) ?? 'take';
    }
  }

  /**
   * Adds a line that has a ticket. The ticket must be higher than the tickets of all lines of its lane that have a record
   * here. In lane `newest` it may also be lower than all of them.
   */
  add(line: L & { readonly ticket: number }): void {
    const lane = this.#lanes[line.lane];
    if (line.ticket < (lane.firstNumber ?? 0)) lane.pushFirst(line.ticket, line);
    else lane.push(line.ticket, line);
    this.#bytes += line.bytes;
    this.nameLatest(line);
  }

  /** Notes that this line is the latest one with its key. It may be a line that is in the store only. */
  nameLatest(line: L): void {
    if (line.key !== undefined && this.#limits.when === 'keep-latest-per-key')
      this.#latest.set(line.key, line);
  }

  /** Deletes the record of a line that was sent, dropped or withdrawn. Does nothing if there is none. */
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
