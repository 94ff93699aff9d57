/**
 * The responder's side of the conversation over one channel, from its synchronisation to its end: what comes before
 * the configuration is dropped; from then on lines go both ways.
 *
 * Theory of operation: the board is told to hold off unless its next line can go to the server at once, so that one
 * line of its is here at most, and a board that waits for a server keeps its lines itself. The other way one message at
 * a time is on the channel, and the server's next line is read when the board has taken the last. Whatever happens ends
 * in `changed`, which moves what can be moved.
 *
 * An original board can send a line of its application before the configuration, when two writes wait during a reset,
 * or mix the two up. It does not notice that the responder has no configuration: it expects no answer before the first
 * keepalive. So a responder that is not configured in time ends the channel; the board's next transfer then times out,
 * and the board resets the responder and sends the configuration again.
 */
import type { Clock } from '@iot/connection';
import { PeerError } from '@iot/framing';
import { freemem } from 'node:os';
import type { ChannelTransport } from '../channel/transport.js';
import { parseConfig, type LinkConfig } from '../messages/config.js';
import { parseBoardLine, type BoardLine } from '../messages/conversation.js';
import type { Uplink } from './uplink.js';
import { TextLines } from '../messages/text-lines.js';
import { Outbox } from './outbox.js';

export interface BoardLinkHandlers {
  /** The configuration has come; resolves with its link to the server, unless that is not wanted any more. */
  configured(config: LinkConfig): Promise<Uplink | undefined>;
  peerError(error: PeerError): void;
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
  /** Lines of the board's that came before there was a link to the server to give them to. */
  readonly #lines: BoardLine[] = [];
  readonly #toBoard = new Outbox();
  #configured = false;
  #server: Uplink | undefined;
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
        this.changed();
      },
      taken: (bytes) => {
        if (this.#toBoard.taken(bytes)) this.#server?.given();
        this.changed();
      },
      // There is one message at a time on the channel: what makes room is that it was taken.
      drain: () => undefined,
      ended: () => {
        this.#finish('over');
      },
    });
    this.#cancelWait = this.#clock.at(this.#clock.now() + CONFIG_MS, () => {
      this.#finish('unconfigured');
    });
  }

  /** Moves what can be moved. */
  changed(): void {
    const server = this.#server;
    if (this.#over) return;
    if (server !== undefined) for (const line of this.#lines.splice(0)) server.send(line);
    this.#channel.hold(this.#configured && server?.takes !== true);
    this.#keepTime();
    const bytes = this.#toBoard.next(server?.line);
    if (bytes !== undefined) this.#channel.write(bytes);
    else if (this.#toBoard.idle) server?.ask();
  }

  /** The link to the server came up, or went down. */
  state(server: Uplink, up: boolean): void {
    if (server !== this.#server) return;
    this.#toBoard.put('state', { type: up ? 'up' : 'down' });
    this.changed();
  }

  /** There is no link to the server and there will be none: the board is told, and then nothing more. */
  stopped(server: Uplink, why: 'no-wifi' | 'no-server'): void {
    if (server !== this.#server) return;
    this.#toBoard.put('stopped', { type: why });
    this.changed();
  }

  async close(): Promise<void> {
    this.#finish('over');
    await this.#channel.close();
  }

  #finish(how: BoardLinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#server?.unask();
    this.#cancelWait();
    this.#stopTimers();
    this.#end(how);
  }

  #take(line: string | PeerError): void {
    if (line instanceof PeerError) this.#handlers.peerError(line);
    else if (this.#configured) this.#takeLine(line);
    else this.#takeConfig(line);
  }

  #takeLine(line: string): void {
    const said = parseBoardLine(line);
    if (said instanceof PeerError) this.#handlers.peerError(said);
    else this.#lines.push(said);
  }

  #takeConfig(line: string): void {
    const config = parseConfig(line);
    if (config instanceof PeerError) return this.#handlers.peerError(config);
    this.#configured = true;
    this.#cancelWait();
    void this.#configure(config);
  }

  async #configure(config: LinkConfig): Promise<void> {
    const server = await this.#handlers.configured(config);
    if (server === undefined || this.#over) return;
    this.#server = server;
    if (server.stopped !== undefined) return this.stopped(server, server.stopped);
    // Down is said too: the board may not have heard of it before its reset.
    if (server.connects > 0) return this.state(server, server.up);
    this.changed();
  }

  /** Keepalives and reports begin with the first connection: a board counts from the first keepalive on. */
  #keepTime(): void {
    const server = this.#server;
    const wanted = server !== undefined && server.connects > 0 && server.stopped === undefined;
    if (!wanted) return this.#stopTimers();
    if (this.#timers.length > 0) return;
    const { reportSeconds } = server.config;
    this.#every(KEEPALIVE_MS, () => {
      this.#toBoard.put('keepalive', { type: 'keepalive' });
    });
    if (reportSeconds === 0) return;
    this.#every(reportSeconds * 1000, () => {
      const report = { connects: server.connects, count: server.reports++, freeMemory: freemem() };
      this.#toBoard.put('report', { type: 'report', report });
    });
  }

  #every(ms: number, act: () => void): void {
    const slot = this.#timers.length;
    const arm = () => {
      this.#timers[slot] = this.#clock.at(this.#clock.now() + ms, () => {
        arm();
        act();
        this.changed();
      });
    };
    arm();
  }

  #stopTimers(): void {
    for (const cancel of this.#timers.splice(0)) cancel();
  }
}
