import { randomInt } from 'node:crypto';
import type { Connection } from '@iot/server';
import { format } from './state.js';

/** The parts of a link that `StateSender` uses. */
export type Link = Pick<Connection, 'status' | 'on' | 'write'>;

/**
 * Sends the newest state to the other end, and never an old one. It writes with `qos: false`, writes nothing
 * during an outage, and sends the current state when the outage ends.
 */
export class StateSender {
  readonly #link: Link;
  #on: boolean | undefined;
  /** The last state sent on this link. */
  #told: boolean | undefined;
  #seq = 0;
  #linkNumber = 0;
  /** The pending write. The next write waits until it has resolved. */
  #write: Promise<void> | undefined;
  /**
   * Aborts pending writes. Reused until it is aborted, because making one takes as long as writing a line.
   */
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

  /**
   * Withdraws a pending write. A write with `qos: false` waits for the next link, and would send an old state
   * there.
   */
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
        this.#send(); // the state may have changed in the meantime
      },
      () => undefined, // withdrawn, or the connection is closed
    );
  }
}
