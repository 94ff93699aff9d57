/**
 * The interface of a contestant. `serve` runs in a server process and `connect` in a load process, so that an
 * end does not share a heap with the other end or with another contestant.
 */

/**
 * What happens to a line of the load:
 *
 * - `acked`: it is acked, or echoed if the contestant has no acks.
 * - `answered`: the server answers with a line, so that lines and acks go both ways at once.
 * - `unsafe`: it is sent without an ack. The run counts the lines that the other end has received.
 * - `relayed`: the server passes it on to a second client. The line counts when that client has read it.
 * - `delivered`: as `acked`, by a client that connects again after an outage and sends the line until it is acked.
 * - `stored`: as `acked`, and the server keeps the line on its disk.
 * - `bridged`: the server passes it on to an MQTT broker elsewhere. The line counts when a subscriber there has it.
 */
export const MODES = ['acked', 'answered', 'unsafe', 'relayed', 'delivered', 'stored', 'bridged'] as const;
export type Mode = (typeof MODES)[number];

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A server that runs. */
export interface Served {
  /** The process of the server. Undefined if the server runs in the process that called `serve`. */
  readonly pid?: number | undefined;
}

export interface Load {
  /** Number of lines in flight. */
  readonly inFlight: number;
  /** The text of each line. */
  readonly line: string;
  /** No line is sent after this time. At least one line is sent. */
  readonly durationMs: number;
}

export interface Counted {
  /** Lines sent. */
  readonly sent: number;
  /** Lines acked, answered or received. */
  readonly arrived: number;
}

/** One connected client, or two where lines are relayed. */
export interface Driver {
  /**
   * Sends lines. Resolves when no line is in flight any more. Calls `took` with the time of each line, in ms.
   */
  run(load: Load, took: (ms: number) => void): Promise<Counted>;
}

export interface Adapter {
  /** Resolves once the server accepts connections. */
  serve(endpoint: Endpoint): Promise<Served>;
  /**
   * Resolves once it is connected.
   *
   * @param number of this client among those of one load, from 0
   */
  connect(endpoint: Endpoint, mode: Mode, number: number): Promise<Driver>;
}

/** A driver for contestants with one promise per line: `call` resolves when the line has arrived. */
export function eachLine(call: (line: string) => Promise<unknown>): Driver {
  return {
    async run(load, took) {
      const end = performance.now() + load.durationMs;
      let sent = 0;
      const lane = async (): Promise<void> => {
        do {
          sent += 1;
          const start = performance.now();
          await call(load.line);
          took(performance.now() - start);
        } while (performance.now() < end);
      };
      await Promise.all(Array.from({ length: load.inFlight }, lane));
      return { sent, arrived: sent };
    },
  };
}

/**
 * A driver for lines without acks. `send` resolves, or returns undefined, when the contestant accepts the
 * next line. `received` asks the other end how many lines have arrived since the previous question.
 */
export function eachUnsafeLine(
  send: (line: string) => Promise<unknown> | undefined,
  received: () => Promise<number>,
): Driver {
  return {
    async run({ inFlight, line, durationMs }) {
      const end = performance.now() + durationMs;
      let sent = 0;
      do {
        const taken: Promise<unknown>[] = [];
        for (let i = 0; i < inFlight; i++) {
          const waiting = send(line);
          if (waiting !== undefined) taken.push(waiting);
        }
        sent += inFlight;
        // At the end of a turn of the event loop, so that the sockets are written and read.
        await (taken.length > 0 ? Promise.all(taken) : new Promise((resolve) => setImmediate(resolve)));
      } while (performance.now() < end);
      return { sent, arrived: await received() };
    },
  };
}

/** The line that asks the receiver of unsafe lines for their number. */
export const COUNT = '?';

/** Counts the lines of one client at the server. */
export class Counter {
  #count = 0;

  /** Counts a line. If the line is `COUNT`, returns the answer. */
  take(line: string): string | undefined {
    if (line !== COUNT) {
      this.#count += 1;
      return undefined;
    }
    const count = String(this.#count);
    this.#count = 0;
    return count;
  }
}
