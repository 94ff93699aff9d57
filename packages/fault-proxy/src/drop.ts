/**
 * Decides whether a chunk is dropped. A chunk is the result of one read, and may contain several writes of
 * the sender, or part of one. `before` is the last byte passed on before the chunk, `undefined` at the
 * stream's beginning.
 */
export type DropPredicate = (chunk: Buffer, before: number | undefined) => boolean;

const NEWLINE = 10;

/**
 * Drops only chunks of whole lines, so that the bytes before and after the chunk are not joined to one line.
 */
export const wholeLines: DropPredicate = (chunk, before) =>
  (before === undefined || before === NEWLINE) && chunk.at(-1) === NEWLINE;

/** The pending drops of one direction of a link. */
export class Drops {
  #pending: DropPredicate[] = [];
  #before: number | undefined;

  add(predicate: DropPredicate): void {
    this.#pending.push(predicate);
  }

  clear(): void {
    this.#pending = [];
  }

  /**
   * Whether this chunk is dropped. Each call of `add` drops one chunk. Passes on exceptions of a predicate.
   */
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
