import { OriginalOsError, type ChannelRun, type ChannelStep } from './channel-step.js';
import { OriginalChannel, type ReadLine } from './original-channel.js';

/** The board's time limits: for the level of a wire, and for a transfer as slave. */
const WIRE_MS = 1000;
const TRANSFER_MS = 5000;
const SETTLE_MS = 1000;
const POLL_MS = 100;
const PULSE_MS = 200;
const SYNC_POLL_MS = 100;
/** The board reboots the responder after this time without a keepalive. */
const SILENCE_MS = 4000;

/**
 * The order of the configuration and other lines when two writes wait while the channel is down. A lock
 * should hold writes back until the configuration is sent. But one of the writes already has the lock, and
 * the task of the configuration continues without it. Then the line is sent `ahead` of the configuration, or
 * the bytes of both are `mixed` in the stream's buffer.
 */
export type ConfigRace = 'none' | 'ahead' | 'mixed';

export interface OriginalInitiatorOptions {
  /** The line with the configuration, which the board sends first after each synchronisation. */
  readonly config: string;
  readonly now: () => number;
  /**
   * Called when the application gets a line of the server, without the header. `glued`: the line begins with
   * part of another line.
   */
  readonly onLine: (line: string, glued: boolean) => void;
  /** Called when the responder's link to the server has come up or gone down. */
  readonly onServer: (up: boolean) => void;
  /**
   * Called for a line that is lost: it was sent to a responder without configuration, or was in the channel's
   * buffer when the buffer was cleared.
   */
  readonly onDropped: (line: string) => void;
  /**
   * Called for a message of the responder that is lost, because the channel restarted before it was
   * completely read.
   */
  readonly onUnread: (message: string) => void;
  /** Returns true while the application's tasks do not run, so that received payloads are not read. */
  readonly busy: () => boolean;
  /** Called at the start of a channel if two writes wait. Default: none. */
  readonly configRace?: () => ConfigRace;
}

/** Characters of a line that are sent before the configuration when both are mixed. */
const MIXED_CHARACTERS = 20;

/**
 * The original board: the initiator's channel, and the base class of the application. A write is done when
 * its line is in the channel's buffer of one payload. Writes made while the channel is down are queued, and
 * sent after the configuration.
 *
 * Of the effects of two tasks that write at the same time, only the race with the configuration is modelled.
 */
export class OriginalInitiator extends OriginalChannel {
  readonly #options: OriginalInitiatorOptions;
  /** The queued lines, each with a callback for the time at which it is in the channel's buffer. */
  readonly #lines: { readonly text: string; readonly done: () => void }[] = [];
  #configDue = false;
  #race: ConfigRace = 'none';
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
      // The failure hook of its application also reboots the responder, so that a failure causes two reset
      // pulses.
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
    const twoWait = this.#lines.length >= 2;
    this.#race = (twoWait ? this.#options.configRace?.() : undefined) ?? 'none';
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

  /**
   * The work of its tasks between two exchanges: read the received payload, and fill the channel's buffer.
   */
  #tasks(): void {
    if (this.#options.busy()) return;
    for (const line of this.readLines()) this.#take(line);
    if (this.outgoing !== undefined || !this.canSend) return;
    if (this.#configDue && this.#race !== 'ahead') {
      this.#configDue = false;
      const before = this.#race === 'mixed' ? this.#takeLine()! : '';
      const mixed = before.slice(0, MIXED_CHARACTERS).toWellFormed() + this.#options.config;
      this.outgoing = new TextEncoder().encode(mixed);
      return;
    }
    const line = this.#takeLine();
    if (line === undefined) return;
    if (this.#race === 'ahead') this.#race = 'none';
    this.outgoing = new TextEncoder().encode(`${line}\n`);
  }

  /**
   * Takes the next line, whose write returns now. The responder keeps the line only if it has a
   * configuration.
   */
  #takeLine(): string | undefined {
    const line = this.#lines.shift();
    if (line === undefined) return undefined;
    const text = line.text.slice(1, -1);
    if (this.#race === 'none') this.#inBuffer = text;
    else this.#options.onDropped(text);
    line.done();
    return line.text.slice(0, -1);
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
        // The responder has stopped, and the application's hook reboots it.
        this.#silentAt = this.#options.now();
        return;
      default:
        throw new Error(`an original dies of the unknown header "${text.charAt(0)}"`);
    }
  }
}
