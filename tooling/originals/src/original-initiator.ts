import { OriginalOsError, type ChannelRun, type ChannelStep } from './channel-step.js';
import { OriginalChannel, type ReadLine } from './original-channel.js';

/** The board's own limits: for a wire, and for a transfer as slave. */
const WIRE_MS = 1000;
const TRANSFER_MS = 5000;
const SETTLE_MS = 1000;
const POLL_MS = 100;
const PULSE_MS = 200;
const SYNC_POLL_MS = 100;
/** Without a keepalive for so long the responder is rebooted. */
const SILENCE_MS = 4000;

export interface OriginalInitiatorOptions {
  /** The configuration's line, which it sends first after each synchronisation. */
  readonly config: string;
  readonly now: () => number;
  /** The application gets a line of the server's, the header gone; `glued` to a part of another one. */
  readonly onLine: (line: string, glued: boolean) => void;
  /** The responder has, or has lost, its link to the server. */
  readonly onServer: (up: boolean) => void;
  /** A line was in the channel's buffer when the channel began anew: nobody sends it again. */
  readonly onDropped: (line: string) => void;
  /** The channel began anew before this message of the responder's, or the rest of it, was read: it is gone. */
  readonly onUnread: (message: string) => void;
  /** True while the application's tasks do not get their turn: what came is not read. */
  readonly busy: () => boolean;
}

/**
 * The original board: the initiator's channel, and the application's base on it. A write is done when its line is in the
 * channel's buffer of one payload. Writes while the channel is down queue up and go out behind the configuration.
 *
 * Left out is what needs two tasks to write at once: lines then mix in the stream's buffer.
 */
export class OriginalInitiator extends OriginalChannel {
  readonly #options: OriginalInitiatorOptions;
  /** Each with what is called when it is in the channel's buffer. */
  readonly #lines: { readonly text: string; readonly done: () => void }[] = [];
  #configDue = false;
  #silentAt = Infinity;
  /** The line in the channel's buffer. */
  #inBuffer: string | undefined;

  constructor(options: OriginalInitiatorOptions) {
    super();
    this.#options = options;
  }

  /** `done` is called when the application's write has returned. */
  write(line: string, { qos, wait }: { qos: boolean; wait: boolean }, done: () => void): void {
    this.#lines.push({ text: `${2 * Number(qos) + Number(wait)}${line}\n`, done });
  }

  *run(): ChannelRun {
    for (;;) {
      yield* this.#reboot();
      this.#begin();
      yield* this.#synchronise();
      try {
        for (;;) {
          yield* this.#exchange();
          yield { type: 'sleep', ms: POLL_MS };
          this.#tasks();
          if (this.#options.now() >= this.#silentAt) yield* this.#reboot();
        }
      } catch (error) {
        if (!(error instanceof OriginalOsError)) throw error;
      }
      // Its application's failure hook reboots the responder too: two pulses for a failure.
      yield* this.#reboot();
    }
  }

  *#reboot(): ChannelRun {
    this.#silentAt = Infinity;
    yield { type: 'own', level: 1 };
    yield { type: 'reset', active: true };
    yield { type: 'sleep', ms: PULSE_MS };
    yield { type: 'reset', active: false };
  }

  #begin(): void {
    if (this.#inBuffer !== undefined) this.#options.onDropped(this.#inBuffer);
    this.#inBuffer = undefined;
    const unread = this.clear();
    if (unread.endsWith('\n')) this.#options.onUnread(unread.slice(0, -1));
    this.#configDue = true;
  }

  *#synchronise(): ChannelRun {
    yield { type: 'own', level: 0 };
    for (let low = false; !low;) {
      try {
        yield { type: 'await', level: 0, withinMs: SYNC_POLL_MS };
        low = true;
      } catch (error) {
        if (!(error instanceof OriginalOsError)) throw error;
      }
    }
    yield { type: 'sleep', ms: SETTLE_MS };
    this.#tasks();
  }

  *#exchange(): ChannelRun {
    const payload = this.canSend ? this.outgoing : undefined;
    yield* this.#send(this.size(payload?.length ?? 0));
    if (payload !== undefined) {
      yield* this.#send(payload);
      this.outgoing = undefined;
      this.#inBuffer = undefined;
    }
    const length = this.understand(yield* this.#receive(2));
    if (length > 0) this.keep(yield* this.#receive(length));
  }

  *#send(bytes: Uint8Array): ChannelRun {
    yield { type: 'own', level: 1 };
    yield { type: 'send', bytes, withinMs: TRANSFER_MS };
    yield { type: 'await', level: 1, withinMs: WIRE_MS };
    yield { type: 'own', level: 0 };
    yield { type: 'await', level: 0, withinMs: WIRE_MS };
  }

  *#receive(length: number): Generator<ChannelStep, Uint8Array | undefined, Uint8Array | undefined> {
    yield { type: 'await', level: 1, withinMs: WIRE_MS };
    yield { type: 'own', level: 1 };
    const bytes = yield { type: 'receive', length, withinMs: TRANSFER_MS };
    yield { type: 'await', level: 0, withinMs: WIRE_MS };
    yield { type: 'own', level: 0 };
    return bytes;
  }

  /** What its tasks do between two exchanges: read what came, and fill the channel's buffer. */
  #tasks(): void {
    if (this.#options.busy()) return;
    for (const line of this.readLines()) this.#take(line);
    if (this.outgoing !== undefined || !this.canSend) return;
    if (this.#configDue) {
      this.#configDue = false;
      this.outgoing = new TextEncoder().encode(this.#options.config);
      return;
    }
    const line = this.#lines.shift();
    if (line === undefined) return;
    this.#inBuffer = line.text.slice(1, -1);
    this.outgoing = new TextEncoder().encode(line.text);
    line.done();
  }

  #take({ text, glued }: ReadLine): void {
    switch (text.charAt(0)) {
      case 'n':
        return this.#options.onLine(text.slice(1), glued);
      case 'u':
      case 'd':
        return this.#options.onServer(text.startsWith('u'));
      case 'k':
        this.#silentAt = this.#options.now() + SILENCE_MS;
        return;
      case 'r':
        return;
      case 's':
      case 'b':
        // The responder has stopped: the application's hook reboots it.
        this.#silentAt = this.#options.now();
        return;
      default:
        throw new Error(`an original dies of the unknown header "${text.charAt(0)}"`);
    }
  }
}
