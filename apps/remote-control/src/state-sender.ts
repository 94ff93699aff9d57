import { randomInt } from 'node:crypto';
import type { Connection } from '@iot/server';
import { format } from './state.js';

/** What it needs of a link; both ends of `@iot` links have it. */
export type Link = Pick<Connection, 'status' | 'on' | 'write'>;

/**
 * Keeps the other end of a link at the newest state, and never sends it an old one: `qos: false`, nothing written in an
 * outage, and the state of that moment when it ends.
 */
export class StateSender {
  readonly #link: Link;
  #on: boolean | undefined;
  /** What has been told on this link. */
  #told: boolean | undefined;
  #seq = 0;
  #linkNumber = 0;
  /** The write that is on its way to the socket; the next one waits for it. */
  #write: Promise<void> | undefined;
  /** Serves until it is used: to make one takes as long as to write a line. */
  #withdrawal = new AbortController();

  constructor(link: Link) {
    this.#link = link;
    link.on('state', (up) => {
      if (up) this.#linkUp();
      else this.#linkDown();
    });
    if (link.status) this.#linkUp();
  }

  set(on: boolean): void {
    this.#on = on;
    this.#send();
  }

  #linkUp(): void {
    this.#linkNumber = randomInt(2 ** 32);
    this.#seq = 0;
    this.#told = undefined;
    this.#send();
  }

  /** A write with `qos: false` waits for the link: what has not gone out would be replayed. */
  #linkDown(): void {
    if (this.#write === undefined) return;
    this.#write = undefined;
    this.#withdrawal.abort();
    this.#withdrawal = new AbortController();
  }

  #send(): void {
    if (!this.#link.status || this.#write !== undefined) return;
    if (this.#on === undefined || this.#on === this.#told) return;
    this.#told = this.#on;
    this.#seq += 1;
    const line = format({ on: this.#on, stamp: { seq: this.#seq, link: this.#linkNumber } });
    const write = this.#link.write(line, { qos: false, signal: this.#withdrawal.signal });
    this.#write = write;
    write.then(
      () => {
        if (this.#write !== write) return;
        this.#write = undefined;
        this.#send(); // what became of the state in the meantime
      },
      () => undefined, // withdrawn, or the link is closed for good
    );
  }
}
