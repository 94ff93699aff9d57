/**
 * Decides about one chunk, as read from the source: it may hold several writes of the sender, or part of one.
 * `before` is the last byte that was passed on before it, `undefined` at the stream's beginning.
 */
export type DropPredicate = (chunk: Buffer, before: number | undefined) => boolean;

const NEWLINE = 10;

/** Whole lines only: what comes before and after the chunk is not glued together. */
export const wholeLines: DropPredicate = (chunk, before) =>
  (before === undefined || before === NEWLINE) && chunk.at(-1) === NEWLINE;

/** The drops that one direction of a link still has to do. */
export class Drops {
  #pending: DropPredicate[] = [];
  #before: number | undefined;

  add(predicate: DropPredicate): void {
    this.#pending.push(predicate);
  }

  clear(): void {
    this.#pending = [];
  }

  /** Whether this chunk is to disappear; each call of `add` is good for one. Throws what a predicate throws. */
  takes(chunk: Buffer): boolean {
    const index = this.#pending.findIndex((predicate) => predicate(chunk, this.#before));
    if (index === -1) {
      this.#before = chunk.at(-1);
      return false;
    }
    this.#pending.splice(index, 1);
    return true;
  }
}
