/**
 * The pump connects a session, a transport and a clock. The session is that of a client or of a server, or another machine
 * (`machine.ts`), such as a board's end of an I2C channel.
 *
 * How it works: each input (bytes, free space in the transport, a deadline, a call of the application) first changes the
 * session and then runs the loop in `#run`. The loop repeats these steps until nothing is left to do: move lines between
 * session and connection, write the bytes that are due, close the transport if the link has ended, and report events.
 * Listeners may call back into the pump: the loop that is running handles the change. A `write` of the application does not
 * run the loop at once. It schedules a run in a microtask, so that lines written together are sent together.
 */
import type { Session, SessionEvent, SessionStats, Told, WriteFlags, WrittenLine } from '@iot/qos';
import type { Engine, EngineHandlers, TakenLine } from './engine.js';
import type { Machine, PumpLog, Sift } from './machine.js';
import type { Clock, Transport, TransportEnd, TransportHandlers } from './ports.js';
import { Waiters } from './waiters.js';

export class Pump<Event = SessionEvent, M extends Machine<Event> = Session & Machine<Event>>
  implements Engine, TransportHandlers
{
  readonly session: M;
  readonly clock: Clock;
  roomWanted = false;
  readonly #sift: Sift<Event>;
  #handlers: EngineHandlers = NO_HANDLERS;
  #transport: Transport | undefined;
  #timerAt = Infinity;
  #cancelTimer: (() => void) | undefined;
  /** Undefined for a session without a store. */
  #log: PumpLog | undefined;
  /** Created when `linkEnd` is called. */
  #ends: Waiters<undefined> | undefined;
  #running = false;
  /** Counts changes that were made by the application or while the loop ran. */
  #changes = 0;
  #wanted = false;
  #nextTurnWanted = false;
  #closed = false;
  #runs = 0;
  #bytesReceived = 0;
  #bytesSent = 0;
  /** The reason that the peer is sent when this end closes. */
  #farewell = CLOSED;

  /** @param sift only for a machine with its own type of events: translates each event */
  constructor(
    session: M,
    clock: Clock,
    ...[sift]: [Event] extends [SessionEvent] ? [] : [sift: Sift<Event>]
  ) {
    this.session = session;
    this.clock = clock;
    this.#sift = sift ?? ((event) => event as SessionEvent);
  }

  start(handlers: EngineHandlers): void {
    this.#handlers = handlers;
  }

  /** From now on the entries of the session are stored by this log. */
  storeIn(log: PumpLog): void {
    this.#log = log;
  }

  get stores(): boolean {
    return this.#log !== undefined;
  }

  /**
   * Called by the log: more entries are stored.
   *
   * @param ticket of the last line with qos among these entries, if there is one
   */
  stored(ticket: number | undefined): void {
    if (ticket !== undefined) this.#handlers.stored?.(ticket);
    this.#run();
  }

  /** Called by the log: a line that was in the store only has been read back. After the last of them it calls `readOn`. */
  returned(line: WrittenLine): void {
    this.#changes += 1;
    this.#handlers.returned?.(line);
  }

  /** Called by the log: a reading of lines that were in the store only has ended. */
  readOn(): void {
    this.roomWanted = true;
    this.#run();
  }

  /** Called by the log: another process has taken the session over, or it cannot be stored any more. */
  lost(error: unknown): void {
    this.#closed = true;
    this.detach();
    this.#handlers.lost?.(error);
  }

  get up(): boolean {
    return this.session.up;
  }

  get unread(): number {
    return this.session.unread;
  }

  get stats(): SessionStats {
    return this.session.stats;
  }

  get protocol(): 1 | 2 | undefined {
    return this.session.protocol;
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  get remoteAddress(): string | undefined {
    return this.#transport?.remoteAddress;
  }

  get maxLineBytes(): number {
    return this.session.settings.maxLineBytes;
  }

  /** How many times the loop ran while a link was open. With an open link it increases at least every `2 × timeout`. */
  get runs(): number {
    return this.#runs;
  }

  /** Begins a link on this transport. The pump owns it from now on. `first` are bytes that were already received. */
  attach(transport: Transport, first?: Uint8Array): void {
    this.detach();
    // A listener may have closed the connection meanwhile.
    if (this.#closed) return transport.destroy();
    this.#transport = transport;
    this.session.open(this.clock.now());
    transport.start(this);
    if (first !== undefined) this.#receive(first);
    this.#run();
  }

  /** Called by the transport: bytes were received. */
  data(chunk: Uint8Array): void {
    this.#receive(chunk);
    this.#run();
  }

  /** Called by the transport: there is space again. */
  drain(): void {
    this.session.backPressure?.(false);
    this.#run();
  }

  /** Called by the transport: the other end has read this number of bytes. */
  taken(bytes: number): void {
    this.session.taken?.(bytes);
    this.#run();
  }

  /** Called by the transport: it has ended. */
  ended(how: TransportEnd): void {
    this.#transport = undefined;
    this.#end(how);
  }

  /** Ends the link, if there is one, without sending more. */
  detach(): void {
    this.#transport?.destroy();
    this.#transport = undefined;
    this.#end('closed');
  }

  /** Sets that `close` asks the peer to connect again after `waitMs`, because this end will start again. */
  willBeBack(waitMs: number): void {
    this.#farewell = { code: 'busy', text: 'closed, to start again', waitMs };
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.hangUp(this.#farewell);
  }

  /** Ends the link, if there is one, and sends the peer the reason. Resolves once the transport and the log are closed. */
  async hangUp(told: Told): Promise<void> {
    const transport = this.#transport;
    this.#transport = undefined;
    const words = this.session.farewell?.(told, this.clock.now());
    if (words !== undefined && transport !== undefined) this.#send(transport, words);
    const closed = transport?.close();
    this.#end('closed');
    await Promise.all([closed, this.#log?.close()]);
  }

  /** Resolves when the current link ends; at once without a link. */
  async linkEnd(signal?: AbortSignal): Promise<void> {
    if (this.session.linkOpen) await (this.#ends ??= new Waiters()).wait(signal);
  }

  /** Sends a keepalive now, to find out whether the other end still answers. */
  probe(): void {
    this.session.probe?.(this.clock.now());
    this.#run();
  }

  write(text: string, flags: WriteFlags): number {
    const ticket = this.session.write(text, flags);
    this.wake();
    return ticket;
  }

  withdraw(ticket: number, bytes?: number): void {
    this.session.withdraw(ticket, bytes);
    this.wake();
  }

  isUnsent(ticket: number): boolean {
    return this.session.isUnsent(ticket);
  }

  isShelved(ticket: number): boolean {
    return this.session.isShelved?.(ticket) ?? false;
  }

  get shelved(): Engine['shelved'] {
    return this.session.shelved ?? NONE_SHELVED;
  }

  get stacked(): Engine['stacked'] {
    return this.session.stacked ?? NONE_SHELVED;
  }

  lookUpOldest(): void {
    if (this.session.lookUpOldest?.() === true) this.wake();
  }

  unsentLines(): readonly WrittenLine[] {
    return this.session.unsentLines?.() ?? [];
  }

  unsent(flags: WriteFlags): number {
    return this.session.unsent(flags);
  }

  read(): string | undefined {
    return this.#noteRead(this.session.read(this.clock.now()));
  }

  #noteRead<T>(line: T | undefined): T | undefined {
    if (line !== undefined) {
      this.#changes += 1;
      // One run at the end of the turn: the peer is informed once about all lines read in this turn.
      if (!this.#running) this.#wakeNextTurn();
    }
    return line;
  }

  take(): TakenLine | undefined {
    const { session } = this;
    if (session.take !== undefined) return this.#noteRead(session.take());
    const text = this.read();
    return text === undefined ? undefined : { text, at: Date.now(), redelivered: false };
  }

  done(line: TakenLine): void {
    this.session.done?.(line);
    this.wake();
  }

  /** Schedules a run of the loop in a microtask. */
  wake(): void {
    this.#changes += 1;
    if (this.#wanted || this.#running) return;
    this.#wanted = true;
    queueMicrotask(this.#wokenUp);
  }

  #wakeNextTurn(): void {
    if (this.#nextTurnWanted) return;
    this.#nextTurnWanted = true;
    this.clock.nextTurn(() => {
      this.#nextTurnWanted = false;
      this.#run();
    });
  }

  #receive(bytes: Uint8Array): void {
    this.#bytesReceived += bytes.length;
    this.session.receive(bytes, this.clock.now());
  }

  /** False when the transport is full. */
  #send(transport: Transport, bytes: Uint8Array): boolean {
    this.#bytesSent += bytes.length;
    return transport.write(bytes);
  }

  #end(how: TransportEnd | 'closed'): void {
    this.session.linkClosed(this.clock.now(), how);
    this.#ends?.resolveAll(undefined);
    this.#run();
  }

  #run(): void {
    if (this.#running) {
      // The running loop handles the change.
      this.#changes += 1;
      return;
    }
    this.#running = true;
    if (this.session.linkOpen) this.#runs += 1;
    try {
      this.#exchange();
      for (let more = true; more;) {
        const wrote = this.#writeOut();
        more = false;
        const changes = this.#changes;
        for (const event of this.session.takeEvents()) {
          const told = this.#sift(event);
          if (told !== undefined) this.#handlers.event(told);
          // A keepalive alone does not need another round of the loop.
          if (told?.type !== 'keepalive' || this.#changes > changes) more = true;
        }
        if (wrote || more) more = this.#exchange() || more;
      }
    } finally {
      this.#running = false;
    }
    const { hold } = this.session;
    if (hold !== undefined) this.#transport?.hold?.(hold);
    this.#log?.flush();
    this.#arm();
  }

  /** The check avoids a call for each keepalive: most leave no line to move. */
  #exchange(): boolean {
    return (this.roomWanted || this.session.unread > 0) && this.#handlers.exchange();
  }

  /** Writes the bytes that are due, and closes the transport if the session has ended the link. True when it wrote any. */
  #writeOut(): boolean {
    const transport = this.#transport;
    if (transport === undefined) return false;
    let wrote = false;
    while (this.session.linkOpen) {
      const bytes = this.session.takeOutput(this.clock.now());
      if (bytes === undefined) return wrote;
      wrote = true;
      if (!this.#send(transport, bytes)) this.session.backPressure?.(true);
    }
    this.#transport = undefined;
    const lastWords = this.session.takeOutput(this.clock.now());
    if (lastWords === undefined) transport.destroy();
    else {
      this.#send(transport, lastWords);
      void transport.close();
    }
    this.#ends?.resolveAll(undefined);
    return wrote;
  }

  /** Keeps one timer at most. It is moved only to an earlier time: if the deadline is later, the timer fires and is set again. */
  #arm(): void {
    const next = this.session.nextDeadline();
    if (this.#cancelTimer !== undefined) {
      if (this.#timerAt <= next && next !== Infinity) return;
      this.#cancelTimer();
      this.#cancelTimer = undefined;
    }
    if (next === Infinity) return;
    this.#timerAt = next;
    // A deadline in the past: the session first reads the bytes that arrive in one further turn of the event loop.
    const passed = next <= this.clock.now();
    this.#cancelTimer = passed ? this.clock.nextTurn(this.#due) : this.clock.at(next, this.#due);
  }

  readonly #wokenUp = (): void => {
    this.#wanted = false;
    this.#run();
  };

  readonly #due = (): void => {
    this.#cancelTimer = undefined;
    this.session.tick(this.clock.now());
    this.#run();
  };
}

export const NONE_SHELVED: Engine['shelved'] & Engine['stacked'] = { lines: 0, bytes: 0, oldest: undefined };
const NO_HANDLERS: EngineHandlers = { event: () => undefined, exchange: () => false };
const CLOSED: Told = { code: 'closed', text: 'closed by the application', waitMs: 0 };
