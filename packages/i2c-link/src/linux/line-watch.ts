/**
 * `LineWatch` reports changes of GPIO lines. It polls them, because the package `node-libgpiod` cannot wait for a change.
 *
 * Polling misses no edge of the channel: in the handshake the board keeps each level until this unit has answered.
 * Between two exchanges it keeps the level for 100 ms, and a reset pulse lasts 200 ms. Only a process that is descheduled
 * for longer than 200 ms can miss a reset; responder.ts handles that.
 *
 * There are two polling rates. At rest each line is read every `IDLE_MS`, so an exchange can begin late by this time. A
 * change of any wire means that an exchange is in progress, in which the other unit answers within microseconds. Then
 * lines are read in every turn of the event loop, until no wire has changed for `KEEN_MS`. So a board that stops in the
 * middle of an exchange soon causes no more work than a board at rest.
 */
import type { Level } from '../channel/ports.js';

/** Polling interval at rest. A board that starts an exchange is blocked for up to this time. Half of it doubles the work. */
const IDLE_MS = 2;

/** How long to poll fast after a change. It is longer than a board needs from one step of the handshake to the next. */
const KEEN_MS = 2;

interface Watched {
  readonly read: () => Level;
  readonly listener: (level: Level) => void;
  level: Level;
}

export class LineWatch {
  readonly #watched = new Set<Watched>();
  readonly #failed: (error: unknown) => void;
  #keenUntil = -Infinity;
  #cancel: (() => void) | undefined;

  /** @param failed called when a line cannot be read; all watching ends then */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Calls `listener` for every change of the result of `read`. Calling the returned function stops it. */
  add(read: () => Level, listener: (level: Level) => void): () => void {
    const watched = { read, listener, level: read() };
    this.#watched.add(watched);
    if (this.#cancel === undefined) this.#schedule();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size === 0) this.#stop();
    };
  }

  /** Stops watching all lines. */
  close(): void {
    this.#watched.clear();
    this.#stop();
  }

  /** A wire has changed: polls fast for `KEEN_MS`, because the other unit will answer soon. */
  stir(): void {
    this.#keenUntil = performance.now() + KEEN_MS;
    if (this.#watched.size === 0) return;
    this.#stop();
    this.#schedule();
  }

  #look(): void {
    for (const watched of this.#watched) {
      const level = this.#read(watched);
      if (level === undefined) return;
      if (level === watched.level) continue;
      watched.level = level;
      this.stir();
      watched.listener(level);
    }
    // If a line has changed, `stir` has scheduled the next poll already.
    if (this.#cancel === undefined && this.#watched.size > 0) this.#schedule();
  }

  /** Returns undefined when the line cannot be read; watching has then ended. */
  #read(watched: Watched): Level | undefined {
    try {
      return watched.read();
    } catch (error) {
      this.close();
      this.#failed(error);
      return undefined;
    }
  }

  #schedule(): void {
    const look = (): void => {
      this.#cancel = undefined;
      this.#look();
    };
    if (performance.now() < this.#keenUntil) {
      const immediate = setImmediate(look);
      this.#cancel = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(look, IDLE_MS);
      this.#cancel = () => clearTimeout(timer);
    }
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
