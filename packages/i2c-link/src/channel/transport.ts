/**
 * A channel as a transport: an I2C channel that is synchronised moves bytes both ways, in order, until it fails.
 *
 * Theory of operation: what comes before `start` is kept, and the other unit is told to hold off meanwhile, so that it
 * is one payload at most. An end is told from a break by where it came: a unit that leaves in order does so between
 * two exchanges, and nothing else says that it has.
 */
import type { Transport, TransportHandlers } from '@iot/connection';
import type { LinkError, PeerError } from '@iot/framing';
import { MAX_TRANSFER_BYTES } from './payloads.js';
import type { ChannelDriver } from './driver.js';
import type { ChannelEvent } from './machine.js';

/** Bytes queued from which on a channel is full: a transfer's worth, so that what is written last is not late by much. */
const HIGH_WATER_BYTES = MAX_TRANSFER_BYTES;

/**
 * How long `close` waits for the other unit to take a payload; it waits on while some is taken. A new channel takes a
 * second to settle before its first.
 */
const LINGER_MS = 2000;

/** What becomes of what the channel reports. */
type State =
  /** The owner has not been told anything yet. */
  | { readonly name: 'kept'; readonly pieces: Uint8Array[]; taken: number }
  | { readonly name: 'told'; readonly handlers: TransportHandlers }
  /** It has ended, or the owner has left: nothing is reported. */
  | { readonly name: 'left' }
  /** As `left`, while `close` waits; `cancel` stops the clock that runs against it. */
  | { readonly name: 'lingering'; readonly cancel: () => void; readonly done: () => void };

/** A channel from one synchronisation to its end; `openChannel` makes it. */
export class ChannelTransport implements Transport {
  readonly remoteAddress: string;
  readonly #driver: ChannelDriver;
  #state: State = { name: 'kept', pieces: [], taken: 0 };
  #held = false;
  #owesDrain = false;
  #failed: Extract<ChannelEvent, { type: 'failed' }> | undefined;
  #closing: Promise<void> | undefined;

  /** `openChannel` only. */
  constructor(driver: ChannelDriver, remoteAddress: string) {
    this.remoteAddress = remoteAddress;
    this.#driver = driver;
    driver.handOver({
      event: (event) => this.#handle(event),
      settled: () => this.#leaveIfDone(),
    });
  }

  /** Why it ended: `LinkError` `ERR_LINK_LOST`, or `PeerError` `ERR_BAD_FRAME`. Undefined while it has not failed. */
  get failure(): LinkError | PeerError | undefined {
    return this.#failed?.error;
  }

  /** True when it ended because this unit was reset. */
  get wasReset(): boolean {
    return this.#failed?.reason === 'reset';
  }

  start(handlers: TransportHandlers): void {
    queueMicrotask(() => this.#begin(handlers));
  }

  /**
   * Queues bytes for the next exchanges, cut into transfers of at most 200 bytes between UTF-8 characters; a transfer
   * never carries parts of two writes. The bytes stay unchanged. False once 200 bytes are queued; `drain` comes when
   * all are taken.
   */
  write(bytes: Uint8Array): boolean {
    const { machine } = this.#driver;
    if (this.#hasLeft || machine.over) return false;
    machine.write(bytes);
    this.#owesDrain ||= machine.queued >= HIGH_WATER_BYTES;
    return machine.queued < HIGH_WATER_BYTES;
  }

  /**
   * Asks the other unit, with the next exchange, to send nothing while `on`: there is unread data here. An exchange
   * that is under way may still bring one payload.
   */
  hold(on: boolean): void {
    this.#held = on;
    this.#sayHold();
  }

  /**
   * Ends in order: what was written still goes out, as long as the other unit takes a payload every two seconds. Then
   * the own wire goes high, between two exchanges. Resolves once the bus is free; what comes meanwhile is discarded.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends at once: the own wire goes high, wherever the exchange is. */
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

  /** What came before is reported, and the rest as it comes. */
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
