/**
 * The last events, and those who follow them. Each event has an id that grows; a reader that comes back names the last one
 * that it has, and gets what came since. The id begins with the start of this process, so that the id of an earlier process
 * is not taken for one of these.
 */
export interface LoggedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: object;
}

/** What a reader that comes back has not seen. */
export interface Resumed {
  readonly events: readonly LoggedEvent[];
  /** Events before these are not kept any more. */
  readonly hasMissed: boolean;
}

type Follower = (event: LoggedEvent) => void;

export class EventLog {
  readonly #size: number;
  readonly #epoch = Date.now().toString(36);
  /** The event number `n` is at `n % size`. */
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

  /** The id of the newest event: a reader that names it gets all that come after. */
  get lastId(): string {
    return `${this.#epoch}-${this.#next - 1}`;
  }

  /** Calls back for each event from now on; the function returned stops it. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** What came after the event of this id, as far as it is kept. */
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
