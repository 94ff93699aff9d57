/**
 * Keeps the last events, and passes new events to followers. Each event has an increasing id. A reader that
 * reconnects sends the id of its last event, and gets the events after it. The id begins with a number for
 * this process, so that an id of an earlier process is recognised and not confused with a current id.
 */
export interface LoggedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: object;
}

/** The events that a reader missed while it was disconnected. */
export interface Resumed {
  readonly events: readonly LoggedEvent[];
  /** True if the reader missed older events that are no longer kept. */
  readonly hasMissed: boolean;
}

type Follower = (event: LoggedEvent) => void;

export class EventLog {
  readonly #size: number;
  readonly #epoch = Date.now().toString(36);
  /** Ring buffer: event number `n` is at `n % size`. */
  readonly #events: LoggedEvent[] = [];
  readonly #followers = new Set<Follower>();
  #next = 1;

  constructor(size: number) {
    this.#size = size;
  }

  add(type: string, data: object): void {
    const event = { id: `${this.#epoch}-${this.#next}`, type, data };
    this.#events[this.#next % this.#size] = event;
    this.#next += 1;
    for (const follow of this.#followers) follow(event);
  }

  /** The id of the newest event. A reader that sends this id gets all later events. */
  get lastId(): string {
    return `${this.#epoch}-${this.#next - 1}`;
  }

  /** Calls `follower` for each later event. The returned function ends this. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** The events after the event with this id that are still kept. */
  since(id: string): Resumed {
    const oldest = Math.max(1, this.#next - this.#size);
    const [epoch, number = ''] = id.split('-');
    const isKnown = epoch === this.#epoch && /^\d+$/.test(number) && Number(number) < this.#next;
    const wanted = isKnown ? Number(number) + 1 : 0;
    const first = Math.max(wanted, oldest);
    const events = Array.from(
      { length: this.#next - first },
      (_, index) => this.#events[(first + index) % this.#size]!,
    );
    return { events, hasMissed: wanted < oldest };
  }
}
