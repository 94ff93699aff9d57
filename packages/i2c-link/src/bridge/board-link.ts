/**
 * `BoardLink` is the bridge's side of the conversation with the board, over one I2C channel, from its synchronisation to
 * its end. Lines before the configuration are dropped. After it, lines go in both directions. `BoardLink` does not know
 * the server: `Bridge` moves lines between `BoardLink` and `Uplink`.
 *
 * If two writes wait during a reset, a MicroPython board can send a line of its application before the configuration, or
 * mix the bytes of the two. This board does not notice that the responder has no configuration, because it expects no
 * answer before the first keepalive. So if no configuration comes in time, the bridge ends the channel. The board's next
 * transfer then times out, and the board resets the bridge and sends its configuration again.
 */
import type { Clock } from '@iot/connection';
import { PeerError } from '@iot/framing';
import type { ChannelTransport } from '../channel/transport.js';
import { parseConfig, type LinkConfig } from '../messages/config.js';
import {
  parseBoardLine,
  type BoardLine,
  type Report,
  type ResponderMessage,
} from '../messages/conversation.js';
import { TextLines } from '../messages/text-lines.js';
import { Outbox, type Kind } from './outbox.js';

export interface BoardLinkHandlers {
  configured(config: LinkConfig): void;
  /** The board has sent a line for the server. */
  line(line: BoardLine): void;
  /** The board has received the whole line that `next` sent. */
  given(): void;
  /** The state has changed: it may now be possible to move a line. */
  changed(): void;
  peerError(error: PeerError): void;
}

/** Makes the reports that the board gets at intervals. */
export interface Reporter {
  readonly config: Pick<LinkConfig, 'reportSeconds'>;
  report(): Report;
}

/** Interval of the keepalives. A board resets a responder from which it has received nothing for twice this time. */
const KEEPALIVE_MS = 2000;

/**
 * Longest time from the synchronisation to the configuration. A MicroPython board sends it in its first exchange, one
 * second after the synchronisation.
 */
export const CONFIG_MS = 4000;

/**
 * How the conversation ended. `over`: the channel ended or was closed. `unconfigured`: no configuration came in time; the
 * board does not know yet that the channel has ended.
 */
export type BoardLinkEnd = 'over' | 'unconfigured';

export class BoardLink {
  /** Resolves when the channel has ended or was closed, or when no configuration has come and it must be closed. */
  readonly ended: Promise<BoardLinkEnd>;
  readonly #channel: ChannelTransport;
  readonly #clock: Clock;
  readonly #handlers: BoardLinkHandlers;
  readonly #incoming: TextLines;
  readonly #outbox = new Outbox();
  #configured = false;
  /** Stops the wait for the configuration. */
  #cancelWait: () => void = () => undefined;
  /** Functions that cancel the timers of the keepalives and reports. */
  #timers: (() => void)[] = [];
  #end: (how: BoardLinkEnd) => void = () => undefined;
  #over = false;

  constructor(channel: ChannelTransport, clock: Clock, maxLineBytes: number, handlers: BoardLinkHandlers) {
    this.#channel = channel;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#incoming = new TextLines(maxLineBytes + 1, 'the board');
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  start(): void {
    this.#channel.start({
      data: (chunk) => {
        for (const line of this.#incoming.push(chunk)) this.#take(line);
        this.#handlers.changed();
      },
      taken: (bytes) => {
        if (this.#outbox.taken(bytes)) this.#handlers.given();
        this.#handlers.changed();
      },
      // Only one message at a time is on the channel. `taken` reports when the next one may follow.
      drain: () => undefined,
      ended: () => this.#finish('over'),
    });
    this.#cancelWait = this.#clock.at(this.#clock.now() + CONFIG_MS, () => this.#finish('unconfigured'));
  }

  /** With `on`, asks the board to send no line (hold-off). Before the configuration the board may always send. */
  hold(on: boolean): void {
    this.#channel.hold(this.#configured && on);
  }

  /** Queues a message for the board. A message of the same kind that still waits is replaced. */
  tell(kind: Kind, message: ResponderMessage): void {
    this.#outbox.put(kind, message);
  }

  /** Sends the next queued message, or else `line`, if the channel is free. Returns true if it is free afterwards. */
  next(line: string | undefined): boolean {
    if (this.#over) return false;
    const bytes = this.#outbox.next(line);
    if (bytes !== undefined) this.#channel.write(bytes);
    return this.#outbox.idle;
  }

  /** Starts to send keepalives and reports to the board; with undefined, stops it. */
  keepTime(reporter: Reporter | undefined): void {
    if (reporter === undefined || this.#over) return this.#stopTimers();
    if (this.#timers.length > 0) return;
    this.#every(KEEPALIVE_MS, () => this.tell('keepalive', { type: 'keepalive' }));
    const { reportSeconds } = reporter.config;
    if (reportSeconds === 0) return;
    this.#every(reportSeconds * 1000, () => {
      this.tell('report', { type: 'report', report: reporter.report() });
    });
  }

  async close(): Promise<void> {
    this.#finish('over');
    await this.#channel.close();
  }

  #finish(how: BoardLinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelWait();
    this.#stopTimers();
    this.#end(how);
  }

  #take(line: string | PeerError): void {
    const said =
      line instanceof PeerError ? line : this.#configured ? parseBoardLine(line) : parseConfig(line);
    if (said instanceof PeerError) return this.#handlers.peerError(said);
    if ('text' in said) return this.#handlers.line(said);
    this.#configured = true;
    this.#cancelWait();
    this.#handlers.configured(said);
  }

  #every(ms: number, act: () => void): void {
    const slot = this.#timers.length;
    const arm = () => {
      this.#timers[slot] = this.#clock.at(this.#clock.now() + ms, () => {
        arm();
        act();
        this.#handlers.changed();
      });
    };
    arm();
  }

  #stopTimers(): void {
    for (const cancel of this.#timers.splice(0)) cancel();
  }
}
