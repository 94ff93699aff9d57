/**
 * A synchronised channel as a `Transport`: it moves bytes in both directions, in order, until it fails or is closed.
 *
 * Theory of operation: bytes that arrive before `start` are kept. While some are kept, our sizes have the hold-off bit,
 * which asks the other unit to send no payload. So at most one payload is kept.
 *
 * The protocol has no message for an orderly end. So this class distinguishes an orderly end (`fin`) from a broken channel
 * (`reset`) by the time at which it happens: a unit that leaves in an orderly way does so between two exchanges.
 */
import type { Transport, TransportHandlers } from '@iot/connection';
import type { LinkError, PeerError } from '@iot/framing';
import { MAX_TRANSFER_BYTES } from './payloads.js';
import type { ChannelDriver } from './driver.js';
import type { ChannelEvent } from './machine.js';

/** `write` returns false from this number of queued bytes on. It is small, so that the newest bytes do not wait long. */
const HIGH_WATER_BYTES = MAX_TRANSFER_BYTES;

/**
 * How long `close` waits for the other unit to receive the next payload. Each payload starts the wait again. It is longer
 * than the second for which a new channel waits before its first exchange.
 */
const LINGER_MS = 2000;

/** Where the events of the channel go. */
type State =
  /** Before `start`: they are kept. */
  | { readonly name: 'kept'; readonly pieces: Uint8Array[]; taken: number }
  /** After `start`: they go to the handlers. */
  | { readonly name: 'told'; readonly handlers: TransportHandlers }
  /** The channel has ended, or `close` or `destroy` was called: events are discarded. */
  | { readonly name: 'left' }
  /** As `left`, while `close` waits for queued bytes to go out. `cancel` stops the timer of `LINGER_MS`. */
  | { readonly name: 'lingering'; readonly cancel: () => void; readonly done: () => void };

/** A channel from its synchronisation to its end. `openChannel` makes it. */
export class ChannelTransport implements Transport {
  readonly remoteAddress: string;
  readonly #driver: ChannelDriver;
  #state: State = { name: 'kept', pieces: [], taken: 0 };
  #held = false;
  #owesDrain = false;
  #failed: Extract<ChannelEvent, { type: 'failed' }> | undefined;
  #closing: Promise<void> | undefined;

  /** For `openChannel` only. */
  constructor(driver: ChannelDriver, remoteAddress: string) {
    this.remoteAddress = remoteAddress;
    this.#driver = driver;
    driver.handOver({
      event: (event) => this.#handle(event),
      settled: () => this.#leaveIfDone(),
    });
  }

  /** Why the channel failed: `LinkError` `ERR_LINK_LOST`, or `PeerError` `ERR_BAD_FRAME`. Undefined if it has not. */
  get failure(): LinkError | PeerError | undefined {
    return this.#failed?.error;
  }

  /** True when the channel ended because the initiator reset this unit. */
  get wasReset(): boolean {
    return this.#failed?.reason === 'reset';
  }

  start(handlers: TransportHandlers): void {
    queueMicrotask(() => this.#begin(handlers));
  }

  /**
   * Queues bytes for the next exchanges. They are cut between UTF-8 characters into transfers of at most 200 bytes. A
   * transfer never carries bytes of two writes. The caller must not change the bytes afterwards. Returns false once 200
   * bytes are queued; then `drain` is called when the other unit has received all of them.
   */
  write(bytes: Uint8Array): boolean {
    const { machine } = this.#driver;
    if (this.#hasLeft || machine.over) return false;
    machine.write(bytes);
    this.#owesDrain ||= machine.queued >= HIGH_WATER_BYTES;
    return machine.queued < HIGH_WATER_BYTES;
  }

  /**
   * With `on`, asks the other unit in each exchange to send nothing, because there is unread data here. The exchange that
   * is in progress may still bring one payload.
   */
  hold(on: boolean): void {
    this.#held = on;
    this.#sayHold();
  }

  /**
   * Ends the channel in an orderly way. Queued bytes still go out, as long as the other unit receives a payload every two
   * seconds. Bytes that arrive meanwhile are discarded. Then the own wire goes high, between two exchanges. Resolves once
   * the bus is free.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends the channel at once: the own wire goes high, even in the middle of an exchange. */
  destroy(): void {
    this.#leave();
    this.#driver.stop();
  }

  get #hasLeft(): boolean {
    return this.#state.name === 'left' || this.#state.name === 'lingering';
  }

  #leave(): void {
    if (!this.#hasLeft) this.#state = { name: 'left' };
    this.#sayHold();
  }

  async #close(): Promise<void> {
    this.#leave();
    if (!this.#driver.machine.over) {
      await new Promise<void>((done) => {
        this.#linger(done);
        this.#leaveIfDone();
      });
    }
    await this.#driver.released();
  }

  #linger(done: () => void): void {
    const { clock } = this.#driver;
    const cancel = clock.at(clock.now() + LINGER_MS, () => this.#driver.stop());
    this.#state = { name: 'lingering', cancel, done };
  }

  #leaveIfDone(): void {
    const { machine } = this.#driver;
    if (this.#state.name !== 'lingering') return;
    const { cancel, done } = this.#state;
    if (!machine.over && machine.atRest && machine.queued === 0) this.#driver.stop();
    if (!machine.over) return;
    this.#state = { name: 'left' };
    cancel();
    done();
  }

  #handle(event: ChannelEvent): void {
    const state = this.#state;
    switch (event.type) {
      case 'synchronised':
        return;
      case 'data':
        if (state.name === 'kept') state.pieces.push(event.bytes);
        this.#tell((handlers) => handlers.data(event.bytes));
        return this.#sayHold();
      case 'taken':
        if (state.name === 'kept') state.taken += event.bytes;
        if (state.name === 'lingering') {
          state.cancel();
          this.#linger(state.done);
        }
        return this.#tellTaken(event.bytes);
      case 'failed':
        this.#failed = event;
        return this.#tellEnd();
    }
  }

  /** Reports what was kept. From now on events are reported as they happen. */
  #begin(handlers: TransportHandlers): void {
    if (this.#state.name !== 'kept') return;
    const { pieces, taken } = this.#state;
    this.#state = { name: 'told', handlers };
    for (const bytes of pieces) this.#tell((handlers) => handlers.data(bytes));
    this.#sayHold();
    this.#tellTaken(taken);
    this.#tellEnd();
  }

  #tell(what: (handlers: TransportHandlers) => void): void {
    if (this.#state.name === 'told') what(this.#state.handlers);
  }

  #tellTaken(bytes: number): void {
    if (bytes > 0) this.#tell((handlers) => handlers.taken?.(bytes));
    if (this.#state.name !== 'told' || !this.#owesDrain || this.#driver.machine.queued > 0) return;
    this.#owesDrain = false;
    this.#tell((handlers) => handlers.drain());
  }

  #tellEnd(): void {
    if (this.#failed === undefined || this.#state.name !== 'told') return;
    const { handlers } = this.#state;
    this.#state = { name: 'left' };
    handlers.ended(this.#failed.reason === 'left' ? 'fin' : 'reset');
  }

  #sayHold(): void {
    const unread = this.#state.name === 'kept' && this.#state.pieces.length > 0;
    this.#driver.machine.hold(this.#held || this.#hasLeft || unread);
  }
}
