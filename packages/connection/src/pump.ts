/**
 * The one place that joins a session, a transport and a clock: the session of a client or of a server, or another machine
 * that keeps lines through outages, such as a board's end of an I2C channel.
 *
 * Theory of operation: whatever happens (bytes, space, a deadline, a call of the application) first changes the session
 * and then runs the loop, which lets the application's side in, writes out what is due, gives up a transport whose link
 * has ended, and reports events, until nothing is left to do. Listeners may call back into the pump: the loop that runs
 * already takes care of it. Calls of the application only ask for a run at the end of the current turn, so that lines
 * written together leave together.
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
  /** Of a session that is stored. */
  #log: PumpLog | undefined;
  /** Made when `linkEnd` is called. */
  #ends: Waiters<undefined> | undefined;
  #running = false;
  /** How often the application has changed something. */
  #changes = 0;
  #wanted = false;
  #nextTurnWanted = false;
  #closed = false;
  #runs = 0;
  #bytesReceived = 0;
  #bytesSent = 0;
  /** What is sent to the peer when this end closes. */
  #farewell = CLOSED;

  /** @param sift of a machine that has events of its own */
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

  /** What the session wants stored goes to this log from now on. */
  storeIn(log: PumpLog): void {
    this.#log = log;
  }

  get stores(): boolean {
    return this.#log !== undefined;
  }

  /**
   * Of the log: more is stored.
   *
   * @param ticket of the last line with qos that is stored with it, if there is one
   */
  stored(ticket: number | undefined): void {
    if (ticket !== undefined) this.#handlers.stored?.(ticket);
    this.#run();
  }

  /** Of the log: a line that was in the store only has been read back. `readOn` says when there are no more for now. */
  returned(line: WrittenLine): void {
    this.#changes += 1;
    this.#handlers.returned?.(line);
  }

  /** Of the log: what was in the store only has been read, or looked up. */
  readOn(): void {
    this.roomWanted = true;
    this.#run();
  }

  /** Of the log: the session is another process's, or cannot be stored any more. */
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

  /** How often it ran while a link was open: the count then increases at least once in twice the timeout. */
  get runs(): number {
    return this.#runs;
  }

  /** A link begins on this transport, which the pump owns from now on; `first` are bytes that came already. */
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

  /** Of the transport: bytes came. */
  data(chunk: Uint8Array): void {
    this.#receive(chunk);
    this.#run();
  }

  /** Of the transport: there is space again. */
  drain(): void {
    this.session.backPressure?.(false);
    this.#run();
  }

  /** Of the transport: the other end has taken this number of bytes. */
  taken(bytes: number): void {
    this.session.taken?.(bytes);
    this.#run();
  }

  /** Of the transport: it is over. */
  ended(how: TransportEnd): void {
    this.#transport = undefined;
    this.#end(how);
  }

  /** Ends the link, if there is one, at once. */
  detach(): void {
    this.#transport?.destroy();
    this.#transport = undefined;
    this.#end('closed');
  }

  /** At the close the peer is sent the time at which to try again, since this end is to be back. */
  willBeBack(waitMs: number): void {
    this.#farewell = { code: 'busy', text: 'closed, to start again', waitMs };
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.hangUp(this.#farewell);
  }

  /** Ends the link, if there is one, and sends the peer the reason; resolves once its transport is closed. */
  async hangUp(told: Told): Promise<void> {
    const transport = this.#transport;
    this.#transport = undefined;
    const words = this.session.farewell?.(told, this.clock.now());
    if (words !== undefined && transport !== undefined) this.#send(transport, words);
    const closed = transport?.close();
    this.#end('closed');
    await Promise.all([closed, this.#log?.close()]);
  }

  /** Resolves at the end of the link that is open now. */
  async linkEnd(signal?: AbortSignal): Promise<void> {
    if (this.session.linkOpen) await (this.#ends ??= new Waiters()).wait(signal);
  }

  /** Sends a keepalive now, which shows whether the other end is still there. */
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
      // The peer is informed once of all that is read in this turn, at its end.
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

  /** Asks for a run at the end of the current turn. */
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
      // The loop that runs sees to it.
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
          // A keepalive by itself changes nothing here.
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

  /** Most keepalives come and go without anything to move. */
  #exchange(): boolean {
    return (this.roomWanted || this.session.unread > 0) && this.#handlers.exchange();
  }

  /** Writes what is due; true when anything went out. */
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

  /** One timer at most, moved only when it would be too late: a deadline that has moved on is seen when it fires. */
  #arm(): void {
    const next = this.session.nextDeadline();
    if (this.#cancelTimer !== undefined) {
      if (this.#timerAt <= next && next !== Infinity) return;
      this.#cancelTimer();
      this.#cancelTimer = undefined;
    }
    if (next === Infinity) return;
    this.#timerAt = next;
    // A deadline that has passed means: the session wants to see first what one further turn brings.
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
