/**
 * The one place that joins a board's session, a channel and a clock, as a pump does for a session and a transport: so a
 * board is a connection like the other ends.
 *
 * Theory of operation: whatever happens (bytes, bytes taken, a deadline, a call of the application) first changes the
 * session and then runs the loop, which lets the application's side in, writes out what is due and reports events,
 * until nothing is left to do. Calls of the application only ask for a run at the end of the current turn.
 */
import type { Clock, Engine, EngineHandlers } from '@iot/connection';
import type { SessionStats, WriteFlags } from '@iot/qos';
import { BoardSession, type BoardEvent, type BoardSessionSettings } from './board-session.js';
import type { ChannelTransport } from './channel-transport.js';
import type { Report } from './conversation.js';

/** How a conversation ended: the channel broke, the responder stopped or fell silent, or this end was told to leave. */
export type ConversationEnd = 'broken' | 'silent' | 'no-wifi' | 'no-server' | 'left';

export class BoardEngine implements Engine {
  readonly maxLineBytes: number;
  readonly #session: BoardSession;
  readonly #clock: Clock;
  readonly #report: (report: Report) => void;
  #handlers: EngineHandlers = { event: () => undefined, exchange: () => undefined };
  #channel: ChannelTransport | undefined;
  #ended: (how: ConversationEnd) => void = () => undefined;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
  #running = false;
  #wanted = false;
  #closed = false;

  constructor(settings: BoardSessionSettings, clock: Clock, report: (report: Report) => void) {
    this.maxLineBytes = settings.maxLineBytes;
    this.#session = new BoardSession(settings);
    this.#clock = clock;
    this.#report = report;
  }

  start(handlers: EngineHandlers): void {
    this.#handlers = handlers;
  }

  get up(): boolean {
    return this.#session.up;
  }

  get unread(): number {
    return this.#session.unread;
  }

  get stats(): SessionStats {
    return this.#session.stats;
  }

  get remoteAddress(): string | undefined {
    return this.#channel?.remoteAddress;
  }

  /** Talks over this channel, which the engine owns from now on; resolves with how that ended. */
  converse(channel: ChannelTransport): Promise<ConversationEnd> {
    if (this.#closed) {
      channel.destroy();
      return Promise.resolve('left');
    }
    this.#channel = channel;
    const ended = new Promise<ConversationEnd>((resolve) => {
      this.#ended = resolve;
    });
    this.#session.opened();
    channel.start({
      data: (chunk) => {
        this.#session.receive(chunk, this.#clock.now());
        this.#run();
      },
      taken: (bytes) => {
        this.#session.taken(bytes);
        this.#run();
      },
      // There is one line at a time on the channel: what makes room is that it was taken.
      drain: () => undefined,
      ended: () => {
        this.#end('broken');
      },
    });
    this.#run();
    return ended;
  }

  /** Ends the channel, if there is one, at once. */
  leave(how: ConversationEnd = 'left'): void {
    this.#channel?.destroy();
    this.#end(how);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = this.#channel?.close();
    this.#end('left');
    await closed;
  }

  write(text: string, flags: WriteFlags): number {
    const ticket = this.#session.write(text, flags);
    this.#wake();
    return ticket;
  }

  withdraw(ticket: number): void {
    this.#session.withdraw(ticket);
    this.#wake();
  }

  unsent(flags: WriteFlags): number {
    return this.#session.unsent(flags);
  }

  read(): string | undefined {
    const line = this.#session.read(this.#clock.now());
    if (line !== undefined) this.#wake();
    return line;
  }

  #wake(): void {
    if (this.#wanted || this.#running) return;
    this.#wanted = true;
    queueMicrotask(() => {
      this.#wanted = false;
      this.#run();
    });
  }

  #end(how: ConversationEnd): void {
    if (this.#channel === undefined) return;
    this.#channel = undefined;
    this.#session.closed();
    this.#run();
    this.#ended(how);
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      let more = true;
      while (more) {
        this.#handlers.exchange();
        more = this.#writeOut();
        for (const event of this.#session.takeEvents()) {
          this.#handle(event);
          more = true;
        }
      }
    } finally {
      this.#running = false;
    }
    this.#channel?.hold(this.#session.hold);
    this.#arm();
  }

  /** Writes what is due; true when anything went out. */
  #writeOut(): boolean {
    const bytes = this.#channel && this.#session.takeOutput();
    if (bytes === undefined) return false;
    this.#channel?.write(bytes);
    return true;
  }

  #handle(event: BoardEvent): void {
    switch (event.type) {
      case 'report':
        return this.#report(event.report);
      case 'stopped':
        return this.leave(event.why);
      case 'silent':
        return this.leave('silent');
      default:
        return this.#handlers.event(event);
    }
  }

  /** One timer at most, moved only when it would be too late: a deadline that has moved on is seen when it fires. */
  #arm(): void {
    const next = this.#session.nextDeadline();
    if (this.#timer !== undefined && this.#timer.at <= next && next !== Infinity) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (next === Infinity) return;
    const due = () => {
      this.#timer = undefined;
      this.#session.tick(this.#clock.now());
      this.#run();
    };
    const cancel = next <= this.#clock.now() ? this.#clock.nextTurn(due) : this.#clock.at(next, due);
    this.#timer = { at: next, cancel };
  }
}
