import { PREPARE_MS, type ChannelRun, type ChannelStep } from './channel-step.js';
import { OriginalChannel } from './original-channel.js';

const SYNC_POLL_MS = 100;
const KEEPALIVE_MS = 2000;

export interface OriginalResponderOptions {
  readonly now: () => number;
  /** Called when the board has sent its configuration, so that the client can be created. */
  readonly onConfig: (config: readonly unknown[]) => void;
  /** Called with a line for the server. Call `done` when the client's write has returned. */
  readonly onLine: (line: string, flags: { qos: boolean; wait: boolean }, done: () => void) => void;
  /** Called when a message was put into the channel's buffer, with its text without newline. */
  readonly onSending: (message: string) => void;
}

/**
 * One run of an original ESP8266: the responder's channel and the link program. The channel does not handle
 * errors: after an error it waits for its reset. A reset ends the whole run.
 *
 * Not modelled: two tasks that write at the same time, whose messages would mix in the stream's buffer.
 */
export class OriginalResponder extends OriginalChannel {
  readonly #options: OriginalResponderOptions;
  #configured = false;
  /** True once the client has connected for the first time, when the tasks begin. */
  #everUp = false;
  #writing = false;
  #keepaliveAt = Infinity;
  readonly #lines: string[] = [];
  readonly #messages: string[] = [];

  constructor(options: OriginalResponderOptions) {
    super();
    this.#options = options;
  }

  /** Call when the client's link to the server has come up or gone down. */
  server(up: boolean): void {
    if (up && !this.#everUp) {
      this.#everUp = true;
      this.#keepaliveAt = this.#options.now() + KEEPALIVE_MS;
    }
    this.#messages.push(up ? 'u' : 'd');
  }

  /**
   * Call when the server has refused the client's first connection. The board is notified, and nothing else
   * happens.
   */
  refused(): void {
    this.#messages.push('s');
  }

  /** True when the next line of the client can be delivered. One line is processed at a time. */
  get wantsLine(): boolean {
    return this.#everUp && this.#messages.length === 0 && !this.sending;
  }

  /** Delivers a line of the server, which the client has acked. */
  deliver(line: string): void {
    this.#messages.push(`n${line}`);
  }

  *run(): ChannelRun {
    yield { type: 'own', level: 1 };
    yield { type: 'own', level: 0 };
    yield { type: 'await', level: 0, withinMs: Infinity };
    yield { type: 'sleep', ms: SYNC_POLL_MS };
    for (;;) {
      this.tasks();
      yield { type: 'await', level: 1, withinMs: Infinity };
      yield* this.#exchange();
    }
  }

  *#exchange(): ChannelRun {
    const length = this.understand(yield* this.#read(2));
    if (length > 0) {
      yield { type: 'await', level: 1, withinMs: Infinity };
      this.keep(yield* this.#read(length));
    }
    const payload = this.canSend ? this.outgoing : undefined;
    yield* this.#write(this.size(payload?.length ?? 0));
    if (payload === undefined) return;
    yield* this.#write(payload);
    this.outgoing = undefined;
  }

  *#read(length: number): Generator<ChannelStep, Uint8Array | undefined, Uint8Array | undefined> {
    yield { type: 'sleep', ms: PREPARE_MS };
    const bytes = yield { type: 'receive', length, withinMs: Infinity };
    yield { type: 'own', level: 1 };
    yield { type: 'await', level: 0, withinMs: Infinity };
    yield { type: 'own', level: 0 };
    return bytes;
  }

  *#write(bytes: Uint8Array): ChannelRun {
    yield { type: 'own', level: 1 };
    yield { type: 'await', level: 1, withinMs: Infinity };
    yield { type: 'sleep', ms: PREPARE_MS };
    yield { type: 'send', bytes, withinMs: Infinity };
    yield { type: 'own', level: 0 };
    yield { type: 'await', level: 0, withinMs: Infinity };
  }

  /** The work of its tasks between two exchanges. */
  tasks(): void {
    if (this.#options.now() >= this.#keepaliveAt) {
      this.#keepaliveAt += KEEPALIVE_MS;
      this.#messages.push('k');
    }
    this.#toServer();
    if (this.sending || !this.canSend) return;
    const message = this.#messages.shift();
    if (message === undefined) return;
    this.outgoing = new TextEncoder().encode(`${message}\n`);
    this.#options.onSending(message);
  }

  /** Reads nothing, and so holds the board off, until the write of the last line has returned. */
  #toServer(): void {
    const wants = !this.#configured || (this.#everUp && !this.#writing);
    if (!wants) return;
    if (this.#lines.length === 0) this.#lines.push(...this.readLines().map(({ text }) => text));
    const line = this.#lines.shift();
    if (line === undefined) return;
    if (!this.#configured) {
      const config = configIn(line);
      // Lines before the configuration are dropped.
      if (config === undefined) return;
      this.#configured = true;
      return this.#options.onConfig(config);
    }
    this.#writing = true;
    const bits = line.charCodeAt(0) - 0x30;
    this.#options.onLine(line.slice(1), { qos: (bits & 2) !== 0, wait: (bits & 1) !== 0 }, () => {
      this.#writing = false;
    });
  }
}

/** Returns the configuration in a line, which is recognised by its last element. */
function configIn(line: string): readonly unknown[] | undefined {
  try {
    const list = JSON.parse(line) as unknown;
    return Array.isArray(list) && list.at(-1) === 'cfg' ? list : undefined;
  } catch {
    return undefined;
  }
}
