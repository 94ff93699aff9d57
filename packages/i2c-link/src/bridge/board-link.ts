/**
 * The responder's side of the conversation over one channel, from its synchronisation to its end: what comes before
 * the configuration is dropped; from then on lines go both ways. It knows nothing of the server: the bridge moves the
 * lines between the two.
 *
 * An original board can send a line of its application before the configuration, when two writes wait during a reset,
 * or mix the two up. It does not notice that the responder has no configuration: it expects no answer before the first
 * keepalive. So a responder that is not configured in time ends the channel; the board's next transfer then times out,
 * and the board resets the responder and sends the configuration again.
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
  /** A line of the board's for the server. */
  line(line: BoardLine): void;
  /** The board has the line that it was given. */
  given(): void;
  /** Lines may be moved. */
  changed(): void;
  peerError(error: PeerError): void;
}

/** What a board is told from time to time. */
export interface Reporter {
  readonly config: Pick<LinkConfig, 'reportSeconds'>;
  report(): Report;
}

/** A board gives up a responder of which it has heard nothing for twice this time. */
const KEEPALIVE_MS = 2000;

/** From the synchronisation to the configuration: an original sends it in the first exchange, after a second. */
export const CONFIG_MS = 4000;

/** How a conversation ended: with its channel, or because no configuration came, of which the board does not know. */
export type BoardLinkEnd = 'over' | 'unconfigured';

export class BoardLink {
  /** Resolves when the channel has ended, was closed, or is to be closed because it is `unconfigured`. */
  readonly ended: Promise<BoardLinkEnd>;
  readonly #channel: ChannelTransport;
  readonly #clock: Clock;
  readonly #handlers: BoardLinkHandlers;
  readonly #incoming: TextLines;
  readonly #outbox = new Outbox();
  #configured = false;
  /** Stops the wait for the configuration. */
  #cancelWait: () => void = () => undefined;
  /** Of the keepalives and reports, once there are any. */
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
      // There is one message at a time on the channel: space is free again once it was taken.
      drain: () => undefined,
      ended: () => this.#finish('over'),
    });
    this.#cancelWait = this.#clock.at(this.#clock.now() + CONFIG_MS, () => this.#finish('unconfigured'));
  }

  /** Makes the board keep its next line (`on`), or lets it send it; it always may before its configuration. */
  hold(on: boolean): void {
    this.#channel.hold(this.#configured && on);
  }

  /** Says this when the board has taken what it was told before. */
  tell(kind: Kind, message: ResponderMessage): void {
    this.#outbox.put(kind, message);
  }

  /** Begins to send what is due, else this line; true when there is nothing to send. */
  next(line: string | undefined): boolean {
    if (this.#over) return false;
    const bytes = this.#outbox.next(line);
    if (bytes !== undefined) this.#channel.write(bytes);
    return this.#outbox.idle;
  }

  /** From now on the board is told that all is well, and is sent reports; with undefined it is not. */
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
