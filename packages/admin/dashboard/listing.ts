/**
 * The boards that are wanted, in their order. A board that changes is moved to its new place, and no other is compared with
 * more than a few. As time passes, only those that had outages lately are looked at again: they may flap no longer.
 */
import type { Board } from './model.js';
import { byId, byTrouble, ranked, type Ranked, type State } from '../src/trouble.js';

export type Order = 'trouble' | 'id' | 'roundTrip' | 'repeats';

export interface Wanted {
  readonly order: Order;
  /** Default: all. */
  readonly state?: State | undefined;
  /** Part of an id or an address; case does not matter. */
  readonly text: string;
}

export interface Listed {
  /** Another array when another board is listed, or one of them has changed. */
  readonly boards: readonly Board[];
  /** Of all boards, also of those that are not wanted. */
  readonly counts: Readonly<Record<State, number>>;
}

/** It is replaced when it changes, since its place is found by what it was. */
type RankedBoard = Ranked<Board>;

type Compare = (one: RankedBoard, other: RankedBoard) => number;

const ORDERS: Readonly<Record<Order, Compare>> = {
  trouble: byTrouble,
  id: byId,
  roundTrip: (one, other) =>
    (other.client.roundTripMs ?? -1) - (one.client.roundTripMs ?? -1) || byId(one, other),
  repeats: (one, other) => other.client.repeats - one.client.repeats || byId(one, other),
};

export class Listing {
  readonly #all = new Map<string, RankedBoard>();
  readonly #counts: Record<State, number> = { flapping: 0, down: 0, up: 0 };
  #wanted: Wanted = { order: 'trouble', text: '' };
  #listed: RankedBoard[] = [];
  /** Of `#listed`; undefined once that has changed. */
  #boards: readonly Board[] | undefined;
  #readAt = 0;

  /** These boards, in place of those before. */
  reset(boards: Iterable<Board>, now: number): void {
    this.#all.clear();
    this.#counts.flapping = this.#counts.down = this.#counts.up = 0;
    for (const board of boards) this.#keep(ranked(board, now));
    this.#list();
  }

  /** @param board undefined when it is gone */
  change(id: string, board: Board | undefined, now: number): void {
    const before = this.#all.get(id);
    if (before?.client !== board) this.#replace(before, board && ranked(board, now));
  }

  /** @param wanted the same object as before, unless something else is wanted */
  read(wanted: Wanted, now: number): Listed {
    if (now !== this.#readAt) this.#age(now);
    this.#readAt = now;
    if (wanted !== this.#wanted) {
      this.#wanted = wanted;
      this.#list();
    }
    this.#boards ??= this.#listed.map(({ client }) => client);
    return { boards: this.#boards, counts: this.#counts };
  }

  #age(now: number): void {
    for (const before of this.#all.values()) {
      if (before.outages === 0) continue;
      const after = ranked(before.client, now);
      if (after.outages !== before.outages) this.#replace(before, after);
    }
  }

  #list(): void {
    this.#listed = [...this.#all.values()].filter((it) => this.#isWanted(it));
    this.#listed.sort(ORDERS[this.#wanted.order]);
    this.#boards = undefined;
  }

  #replace(before: RankedBoard | undefined, after: RankedBoard | undefined): void {
    if (before !== undefined) {
      this.#counts[before.state] -= 1;
      if (this.#isWanted(before)) this.#listed.splice(this.#place(before), 1);
      if (after === undefined) this.#all.delete(before.client.id);
    }
    if (after !== undefined) {
      this.#keep(after);
      if (this.#isWanted(after)) this.#listed.splice(this.#place(after), 0, after);
    }
    this.#boards = undefined;
  }

  #keep(it: RankedBoard): void {
    this.#all.set(it.client.id, it);
    this.#counts[it.state] += 1;
  }

  #isWanted({ client: { id, address }, state }: RankedBoard): boolean {
    const { state: its, text } = this.#wanted;
    if (its !== undefined && state !== its) return false;
    const part = text.trim().toLowerCase();
    return part === '' || id.toLowerCase().includes(part) || address?.includes(part) === true;
  }

  /** Where it is listed, or would be. */
  #place(it: RankedBoard): number {
    const compare = ORDERS[this.#wanted.order];
    let low = 0;
    let high = this.#listed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.#listed[middle]!, it) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
