/** The ids of a sender's messages: 0 once, then 1 to 255 repeatedly. */
export class MessageIds {
  #last = -1;

  next(): number {
    this.#last = this.#last === 255 ? 1 : this.#last + 1;
    return this.#last;
  }
}
