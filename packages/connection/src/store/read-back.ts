/**
 * Some unsent lines are in the store and not in memory. This class reads them back into memory while the session sends the
 * lines before them. One reading runs at a time, and it ends when the session has enough lines. A reading that fails is
 * repeated after a pause. This is safe, because a reading changes nothing in the store.
 */
import { ClosedError, StoreError } from '@iot/framing';
import type { Reading, Session, WrittenLine } from '@iot/qos';
import type { Clock } from '../ports.js';
import type { SessionStore } from './port.js';

/** The pause after a failure. It doubles with each further failure, up to the longest; ms. */
export const FIRST_PAUSE_MS = 100;
export const LONGEST_PAUSE_MS = 10_000;

interface ReadBackHandlers {
  /** This line has been read back into memory. */
  returned(line: WrittenLine): void;
  /** The reading has ended without an error. */
  readOn(): void;
  /** The reading has failed, and will be repeated. */
  failed(error: unknown): void;
  /** The lines cannot be read, and trying again would not help. */
  lost(error: StoreError | ClosedError): void;
}

export class ReadBack {
  readonly #store: SessionStore;
  readonly #id: string;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #handlers: ReadBackHandlers;
  #reading = false;
  #over = false;
  #pauseMs = FIRST_PAUSE_MS;
  #cancelPause: (() => void) | undefined;

  constructor(
    { store, id }: { readonly store: SessionStore; readonly id: string },
    session: Session,
    clock: Clock,
    handlers: ReadBackHandlers,
  ) {
    this.#store = store;
    this.#id = id;
    this.#session = session;
    this.#clock = clock;
    this.#handlers = handlers;
  }

  /** Called when the session may have changed: starts a reading if the session wants one and none is running. */
  look(): void {
    if (this.#over || this.#reading) return;
    const reading = this.#session.nextReading();
    if (reading === undefined) return;
    this.#reading = true;
    void this.#read(reading);
  }

  close(): void {
    this.#over = true;
    this.#cancelPause?.();
  }

  async #read(reading: Reading): Promise<void> {
    try {
      await this.#readAll(reading);
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#reading = false;
      if (!this.#over) this.#handlers.readOn();
    } catch (error) {
      if (!this.#over) this.#failed(error);
    }
  }

  async #readAll(reading: Reading): Promise<void> {
    for await (const [place, entry] of this.#store.read(this.#id, reading.from)) {
      if (this.#over) return;
      if (!reading.wants(place)) break;
      for (const line of reading.take(place, entry)) this.#handlers.returned(line);
    }
    const end = reading.end();
    if (end === 'lost') {
      throw new StoreError(
        'ERR_STORE_DAMAGED',
        `the store has lost lines of the session of ${JSON.stringify(this.#id)}: entry ${reading.from}, or an entry after it, cannot be read`,
      );
    }
    for (const line of end) this.#handlers.returned(line);
  }

  #failed(error: unknown): void {
    if (error instanceof ClosedError || (error instanceof StoreError && error.code === 'ERR_STORE_DAMAGED'))
      return this.#handlers.lost(error);
    this.#handlers.failed(error);
    this.#cancelPause = this.#clock.at(this.#clock.now() + this.#pauseMs, () => {
      this.#reading = false;
      this.look();
    });
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }
}
