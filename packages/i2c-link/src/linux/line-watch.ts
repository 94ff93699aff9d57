/**
 * Reports the changes of lines by reading them, since the package `node-libgpiod` has no way to wait for one.
 *
 * Nothing is lost by that: in the handshake of the channel each level of the board lasts until this end has answered it,
 * between two exchanges for 100 ms, and a reset for 200 ms. (A process that sleeps for longer can miss a reset;
 * responder.ts says what comes of that.) What it costs is time, so there are two paces. At rest a line is read every
 * `IDLE_MS`: by so much an exchange begins late. A change, of a wire here or there, means that an exchange runs, in
 * which the other unit answers within microseconds: then lines are read in every turn of the event loop, until nothing
 * has changed for `KEEN_MS`. A board that stops in the middle of an exchange so costs no more than one that is at rest.
 */
import type { Level } from '../channel/ports.js';

/** A board that starts an exchange is blocked until it is seen. Twice the pace would cost twice the work at rest. */
const IDLE_MS = 2;

/** Longer than a board takes from one step to its next. */
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

  /** `failed` is told when a line cannot be read; nothing is watched from then on. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Calls `listener` for every change of what `read` returns, until the function returned is called. */
  add(read: () => Level, listener: (level: Level) => void): () => void {
    const watched = { read, listener, level: read() };
    this.#watched.add(watched);
    if (this.#cancel === undefined) this.#schedule();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size === 0) this.#stop();
    };
  }

  /** Reports nothing more. */
  close(): void {
    this.#watched.clear();
    this.#stop();
  }

  /** A wire has changed: the other unit's answer is to be expected now. */
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
    // A change has seen to it already.
    if (this.#cancel === undefined && this.#watched.size > 0) this.#schedule();
  }

  /** Undefined when it failed: all is over then. */
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
