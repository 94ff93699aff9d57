/**
 * The machine of a channel: how it is fed and what comes out of it, the payloads that wait, the two sizes of an exchange
 * and the hold-off in them, and how a channel ends. What the two units do is a table each (initiator.ts, responder.ts).
 *
 * Theory of operation: a machine is one channel, from one synchronisation to its failure or its stop. Whatever comes in
 * (an edge, the end of a transfer, a time) is kept, and then the machine takes steps through the table of its role until
 * none is possible. What it waits for is kept for as long as it matters: a wire stays as it is until this unit has
 * answered, and so an edge may come before the end of the transfer that preceded it on the bus.
 *
 * The owner calls `start`, then `pin` with the level of the remote wire, and from then on, in any order: `pin` for every
 * edge of it, `transferDone` or `transferFailed` for the transfer asked for, `tick` when `nextDeadline` has come, `write`,
 * `hold` and `stop`; after each of them it performs the actions in order and then takes the events. Times are
 * milliseconds, with fractions.
 */
import { LinkError, PeerError } from '@iot/framing';
import { decodeSize, encodeSize, MAX_TRANSFER_BYTES, Outbox, SIZE_BYTES, type Size } from './payloads.js';
import type { Level } from './ports.js';
import type { Part, Role, Row } from './role.js';

/** What the owner is to do. There is one transfer at a time. */
export type ChannelAction =
  /** Drive the own wire. */
  | { readonly type: 'own'; readonly level: Level }
  /** Drive the responder's reset line. */
  | { readonly type: 'reset'; readonly active: boolean }
  /** Move these bytes to the other unit. */
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** Get this number of bytes from the other unit. */
  | { readonly type: 'receive'; readonly length: number }
  /** Give up the transfer that is under way. */
  | { readonly type: 'abort' };

/**
 * Why a channel ended. `left`: the other unit was gone between two exchanges, as one that stops in order is; `timeout`:
 * it did not answer; `bus`: a transfer or a wire failed; `protocol`: it broke the protocol; `reset`: this is a responder,
 * and was reset.
 */
export type FailureReason = 'left' | 'timeout' | 'bus' | 'protocol' | 'reset';

export type ChannelEvent =
  | { readonly type: 'synchronised' }
  /** A payload came. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** The other unit has this number more of the bytes that were written. */
  | { readonly type: 'taken'; readonly bytes: number }
  /** It is over, and what was queued is dropped. */
  | { readonly type: 'failed'; readonly reason: FailureReason; readonly error: LinkError | PeerError };

export class ChannelMachine {
  /** The wire that the other unit drives. */
  remote: Level = 1;
  /** What the transfer asked for last, or the next one, carries. */
  part: Part = 'size';
  readonly #role: Role;
  #state: string;
  /** When the state ends by time. */
  #deadline = Infinity;
  readonly #outbox = new Outbox();
  #actions: ChannelAction[] = [];
  #events: ChannelEvent[] = [];
  #over = false;
  /** The end of the transfer asked for last, until it is used. */
  #ended: { readonly bytes: Uint8Array | undefined } | undefined;
  #holding = false;
  #saidHoldOff = false;
  #toldHoldOff = false;
  /** Announced by our last size. */
  #outgoing: Uint8Array | undefined;
  /** Length announced by the other unit's last size. */
  #incoming = 0;

  constructor(role: Role) {
    this.#role = role;
    this.#state = role.first;
  }

  /** Begins to synchronise. */
  start(now: number): void {
    const { idle, pulse } = this.#role;
    if (idle !== undefined) this.own(idle);
    if (pulse !== undefined) this.#act({ type: 'reset', active: true });
    this.#enter(this.#role.first, now);
  }

  /** True between two exchanges, when leaving breaks nothing off. */
  get atRest(): boolean {
    return this.#role.atRest.includes(this.#state);
  }

  /** True once it has failed or was stopped. */
  get over(): boolean {
    return this.#over;
  }

  /** Bytes written and not taken. */
  get queued(): number {
    return this.#outbox.bytes;
  }

  /** The remote wire has this level now. */
  pin(level: Level, now: number): void {
    this.remote = level;
    this.#advance(now);
  }

  /** The transfer asked for has ended; with the bytes, where it was to receive some. */
  transferDone(bytes: Uint8Array | undefined, now: number): void {
    this.#ended = { bytes };
    this.#advance(now);
  }

  /** The transfer asked for has failed, or a wire cannot be driven. */
  transferFailed(cause: unknown, _now: number): void {
    const reason = this.#state === this.#role.absent && this.part === 'size' ? 'left' : 'bus';
    const what =
      reason === 'left'
        ? 'the other unit has left: its wire is high, and it does not answer'
        : 'the bus failed: look at the wiring and its pull-ups if this happens often';
    this.fail(reason, new LinkError('ERR_LINK_LOST', what, { cause }));
  }

  /** The initiator resets this unit. */
  wasReset(): void {
    this.fail('reset', new LinkError('ERR_LINK_LOST', 'the initiator has reset this unit: begin again'));
  }

  /** A deadline has come. */
  tick(now: number): void {
    this.#advance(now);
  }

  /** When `tick` is to be called; Infinity when there is nothing to wait for. */
  nextDeadline(): number {
    return this.#over ? Infinity : this.#deadline;
  }

  /** Queues bytes, which stay unchanged. */
  write(bytes: Uint8Array): void {
    if (!this.#over) this.#outbox.add(bytes);
  }

  /** Our application holds data that it has not read, or has read it all: the next size says so. */
  hold(on: boolean): void {
    this.#holding = on;
  }

  /** Leaves at once: the own wire goes high, and what was queued is dropped. */
  stop(): void {
    if (this.#over) return;
    this.#letGoOfReset();
    this.#end();
    this.own(1);
  }

  /** What is to be done since the last call. */
  takeActions(): readonly ChannelAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** What happened since the last call. */
  takeEvents(): readonly ChannelEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  // From here on: what a row does.

  /** Drives the own wire. */
  own(level: Level): void {
    this.#act({ type: 'own', level });
  }

  synchronised<State>(next: State): State {
    this.#events.push({ type: 'synchronised' });
    return next;
  }

  /** The end of this machine. */
  fail(reason: FailureReason, error: LinkError | PeerError): undefined {
    if (this.#over) return;
    this.#end();
    this.#letGoOfReset();
    if (this.#role.idle !== undefined || reason === 'reset') this.own(1);
    this.#events.push({ type: 'failed', reason, error });
  }

  /** Begins the transfer of our size, or of the payload that it has announced. */
  send<State>(next: State): State {
    this.#ended = undefined;
    this.#act({ type: 'send', bytes: this.part === 'size' ? this.#ownSize() : this.#outgoing! });
    return next;
  }

  /** Begins the transfer of the other unit's size, or of the payload that it has announced. */
  receive<State>(next: State): State {
    this.#ended = undefined;
    this.#act({ type: 'receive', length: this.part === 'size' ? SIZE_BYTES : this.#incoming });
    return next;
  }

  /** True while a payload is to follow our size. */
  get payloadGoes(): boolean {
    return this.part === 'size' && this.#outgoing !== undefined;
  }

  /** The other unit has what was sent. */
  sent<State>(next: State): State {
    if (this.part === 'payload') this.#events.push({ type: 'taken', bytes: this.#outbox.taken() });
    return next;
  }

  /**
   * Looks at what was received, before it is acknowledged: the other unit must not count as taken what this one, begun
   * again in the middle of an exchange, took for a size. False when it breaks the protocol, which ends the channel.
   */
  acceptable(): boolean {
    if (this.part === 'payload') return true;
    const { length } = this.#size();
    if (length > MAX_TRANSFER_BYTES) {
      this.#breach(`announced ${length} bytes, where a transfer carries at most ${MAX_TRANSFER_BYTES}`);
    } else if (length > 0 && this.#saidHoldOff) {
      this.#breach(`announced ${length} bytes after it was told to hold off`);
    }
    return !this.#over;
  }

  /** Uses what was received; true when it announces a payload. */
  received(): boolean {
    if (this.part === 'payload') {
      this.#events.push({ type: 'data', bytes: this.#ended?.bytes ?? new Uint8Array() });
      return false;
    }
    const { length, holdOff } = this.#size();
    this.#toldHoldOff = holdOff;
    this.#incoming = length;
    return length > 0;
  }

  #advance(now: number): void {
    while (!this.#over && this.#step(now));
  }

  /** One step, if what the state waits for is there; false when it is not. */
  #step(now: number): boolean {
    const { waits, late, gone, drives, then } = this.#role.states[this.#state]!;
    if (this.remote === gone) this.fail('left', this.#role.gone!);
    else if (this.#isThere(waits, now)) {
      this.#letGoOfReset();
      if (drives !== undefined) this.own(drives);
      const next = typeof then === 'string' ? then : then(this);
      if (next !== undefined) this.#enter(next, now);
    } else if (late !== undefined && now >= this.#deadline) this.fail('timeout', this.#role.overdue(late));
    else return false;
    return true;
  }

  #isThere(waits: Row['waits'], now: number): boolean {
    if (waits === 'time') return now >= this.#deadline;
    return waits === 'transfer' ? this.#ended !== undefined : this.remote === waits;
  }

  #enter(state: string, now: number): void {
    this.#state = state;
    this.#deadline = now + (this.#role.states[state]!.ms ?? Infinity);
  }

  /** However the pulse ends, the responder is not left in reset. */
  #letGoOfReset(): void {
    if (this.#state === this.#role.pulse) this.#act({ type: 'reset', active: false });
  }

  #act(action: ChannelAction): void {
    this.#actions.push(action);
  }

  #end(): void {
    this.#over = true;
    this.#outbox.clear();
    this.#act({ type: 'abort' });
  }

  #size(): Size {
    return decodeSize(this.#ended?.bytes ?? new Uint8Array());
  }

  /** The payload is chosen and the hold-off said at the last moment, when the size goes out. */
  #ownSize(): Uint8Array {
    this.#outgoing = this.#toldHoldOff ? undefined : this.#outbox.peek();
    this.#saidHoldOff = this.#holding;
    return encodeSize({ length: this.#outgoing?.length ?? 0, holdOff: this.#holding });
  }

  #breach(what: string): void {
    this.fail('protocol', new PeerError('ERR_BAD_FRAME', `the other unit ${what}: its software is at fault`));
  }
}
