/**
 * The state machine of one end of a channel. It has no I/O and no clock.
 *
 * A channel connects two units over I2C and two wires. The initiator is the board, the slave of the bus. The responder
 * has the network and is the master. Each unit drives its own wire and reads the remote wire. Data moves in exchanges. An
 * exchange has up to four transfers: the initiator's size and payload, then the responder's size and payload. A size
 * announces the length of the payload that follows it. Its hold-off bit asks the other unit to send no payload.
 *
 * This file has what both roles share: inputs and outputs, the queue of payloads, sizes and hold-off, and the end of a
 * channel. Each role is a table of states (initiator.ts, responder.ts).
 *
 * Theory of operation: a machine serves one channel, from its synchronisation until it fails or is stopped. Each input
 * (the level of the remote wire, the end of a transfer, the time) is stored. Then the machine steps through the table of
 * its role until the current state has to wait. An edge may be reported before the end of the transfer that came before
 * it on the bus. Storing it is safe: the other unit does not change its wire again before this unit has answered.
 *
 * The owner (`ChannelDriver`) calls `start`, then `pin` with the level of the remote wire. After that it calls, in any
 * order: `pin` for every edge of the remote wire, `transferDone` or `transferFailed` for the transfer that the machine
 * has asked for, `tick` when `nextDeadline` is reached, `write`, `hold` and `stop`. After each call it performs the
 * actions in order and then takes the events. Times are milliseconds, with fractions.
 */
import { LinkError, PeerError } from '@iot/framing';
import { decodeSize, encodeSize, MAX_TRANSFER_BYTES, Outbox, SIZE_BYTES, type Size } from './payloads.js';
import type { Level } from './ports.js';
import type { Part, Role, Row } from './role.js';

/** What the owner must do. Only one transfer is in flight at a time. */
export type ChannelAction =
  /** Drive the own wire. */
  | { readonly type: 'own'; readonly level: Level }
  /** Drive the responder's reset line. */
  | { readonly type: 'reset'; readonly active: boolean }
  /** Send these bytes to the other unit. */
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** Receive this number of bytes from the other unit. */
  | { readonly type: 'receive'; readonly length: number }
  /** Abort the transfer that is in flight, if there is one. */
  | { readonly type: 'abort' };

/**
 * Why a channel failed:
 * - `left`: the other unit left between two exchanges, as a unit does that stops in an orderly way.
 * - `timeout`: the other unit did not answer in time.
 * - `bus`: a transfer or a wire failed.
 * - `protocol`: the other unit broke the protocol.
 * - `reset`: this unit is a responder, and the initiator has reset it.
 */
export type FailureReason = 'left' | 'timeout' | 'bus' | 'protocol' | 'reset';

export type ChannelEvent =
  | { readonly type: 'synchronised' }
  /** A payload was received. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** The other unit has received this number of further bytes of what was written. */
  | { readonly type: 'taken'; readonly bytes: number }
  /** The channel has ended. Bytes still in the queue are dropped. */
  | { readonly type: 'failed'; readonly reason: FailureReason; readonly error: LinkError | PeerError };

export class ChannelMachine {
  /** Level of the wire that the other unit drives. */
  remote: Level = 1;
  /** What the transfer in flight carries; between two transfers, what the next one carries. */
  part: Part = 'size';
  readonly #role: Role;
  #state: string;
  /** When the time of the current state is over. */
  #deadline = Infinity;
  readonly #outbox = new Outbox();
  #actions: ChannelAction[] = [];
  #events: ChannelEvent[] = [];
  #over = false;
  /** The result of the last transfer; undefined while the transfer is in flight. */
  #ended: { readonly bytes: Uint8Array | undefined } | undefined;
  /** True while our application has unread data: our next size has the hold-off bit. */
  #holding = false;
  /** True when the last size that we sent had the hold-off bit. */
  #saidHoldOff = false;
  /** True when the last size that we received had the hold-off bit. */
  #toldHoldOff = false;
  /** The payload that our last size announced. */
  #outgoing: Uint8Array | undefined;
  /** The length that the other unit's last size announced. */
  #incoming = 0;

  constructor(role: Role) {
    this.#role = role;
    this.#state = role.first;
  }

  /** Starts to synchronise with the other unit. */
  start(now: number): void {
    const { idle, pulse } = this.#role;
    if (idle !== undefined) this.own(idle);
    if (pulse !== undefined) this.#act({ type: 'reset', active: true });
    this.#enter(this.#role.first, now);
  }

  /** True between two exchanges: a unit that stops now does not break off an exchange. */
  get atRest(): boolean {
    return this.#role.atRest.includes(this.#state);
  }

  /** True once the machine has failed or was stopped. */
  get over(): boolean {
    return this.#over;
  }

  /** Number of bytes that were written and that the other unit has not received. */
  get queued(): number {
    return this.#outbox.bytes;
  }

  /** The remote wire has this level now. */
  pin(level: Level, now: number): void {
    this.remote = level;
    this.#advance(now);
  }

  /** The transfer has ended. `bytes` is what a transfer of type `receive` has received. */
  transferDone(bytes: Uint8Array | undefined, now: number): void {
    this.#ended = { bytes };
    this.#advance(now);
  }

  /** The transfer has failed, or a wire cannot be read or driven. */
  transferFailed(cause: unknown, _now: number): void {
    const reason = this.#state === this.#role.absent && this.part === 'size' ? 'left' : 'bus';
    const what =
      reason === 'left'
        ? 'the other unit has left: its wire is high, and it does not answer'
        : 'the bus failed: look at the wiring and its pull-ups if this happens often';
    this.fail(reason, new LinkError('ERR_LINK_LOST', what, { cause }));
  }

  /** The initiator has reset this unit. */
  wasReset(): void {
    this.fail(
      'reset',
      new LinkError('ERR_LINK_LOST', 'the initiator has reset this unit: open the channel again'),
    );
  }

  /** `nextDeadline` has been reached. */
  tick(now: number): void {
    this.#advance(now);
  }

  /** When the owner must call `tick`; Infinity when no time is being waited for. */
  nextDeadline(): number {
    return this.#over ? Infinity : this.#deadline;
  }

  /** Queues bytes. The caller must not change them afterwards. */
  write(bytes: Uint8Array): void {
    if (!this.#over) this.#outbox.add(bytes);
  }

  /** With `on`, our next size has the hold-off bit, because our application has unread data. */
  hold(on: boolean): void {
    this.#holding = on;
  }

  /** Ends the channel at once: the own wire goes high, and queued bytes are dropped. */
  stop(): void {
    if (this.#over) return;
    this.#letGoOfReset();
    this.#end();
    this.own(1);
  }

  /** The actions that were added since the last call. */
  takeActions(): readonly ChannelAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** The events that were added since the last call. */
  takeEvents(): readonly ChannelEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  // The rows of the tables call the methods from here to `received`.

  /** Drives the own wire. */
  own(level: Level): void {
    this.#act({ type: 'own', level });
  }

  synchronised<State>(next: State): State {
    this.#events.push({ type: 'synchronised' });
    return next;
  }

  /** Ends the machine with a failure. */
  fail(reason: FailureReason, error: LinkError | PeerError): undefined {
    if (this.#over) return;
    this.#end();
    this.#letGoOfReset();
    if (this.#role.idle !== undefined || reason === 'reset') this.own(1);
    this.#events.push({ type: 'failed', reason, error });
  }

  /** Begins the transfer of our size, or of the payload that our size has announced. */
  send<State>(next: State): State {
    this.#ended = undefined;
    this.#act({ type: 'send', bytes: this.part === 'size' ? this.#ownSize() : this.#outgoing! });
    return next;
  }

  /** Begins the transfer of the other unit's size, or of the payload that this size has announced. */
  receive<State>(next: State): State {
    this.#ended = undefined;
    this.#act({ type: 'receive', length: this.part === 'size' ? SIZE_BYTES : this.#incoming });
    return next;
  }

  /** True when our payload must follow the size that was just sent. */
  get payloadGoes(): boolean {
    return this.part === 'size' && this.#outgoing !== undefined;
  }

  /** The other unit has received our last transfer. */
  sent<State>(next: State): State {
    if (this.part === 'payload') this.#events.push({ type: 'taken', bytes: this.#outbox.taken() });
    return next;
  }

  /**
   * Checks a received size before this unit acknowledges it. Returns false when the size breaks the protocol; the channel
   * has then failed.
   *
   * The check must come before the acknowledgement. A unit that has restarted in the middle of an exchange can read the
   * other unit's payload as a size. If it acknowledged that, the other unit would count its payload as received.
   */
  acceptable(): boolean {
    if (this.part === 'payload') return true;
    const { length } = this.#size();
    if (length > MAX_TRANSFER_BYTES) {
      this.#protocolViolation(
        `announced ${length} bytes, where a transfer carries at most ${MAX_TRANSFER_BYTES}`,
      );
    } else if (length > 0 && this.#saidHoldOff) {
      this.#protocolViolation(`announced ${length} bytes after it was told to hold off`);
    }
    return !this.#over;
  }

  /** Processes the received size or payload. Returns true for a size that announces a payload. */
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

  /** Makes one step. Returns false when the current state has to wait. */
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

  /** Ends the reset pulse, if there is one. It is called also on a failure: the responder must not be left in reset. */
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

  /** Chooses the payload and the hold-off bit. Called when the size goes out, so that both are up to date. */
  #ownSize(): Uint8Array {
    this.#outgoing = this.#toldHoldOff ? undefined : this.#outbox.peek();
    this.#saidHoldOff = this.#holding;
    return encodeSize({ length: this.#outgoing?.length ?? 0, holdOff: this.#holding });
  }

  #protocolViolation(what: string): void {
    this.fail('protocol', new PeerError('ERR_BAD_FRAME', `the other unit ${what}: its software is at fault`));
  }
}
