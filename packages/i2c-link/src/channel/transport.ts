/**
 * A channel as a transport: an I2C channel that is synchronised moves bytes both ways, in order, until it fails.
 *
 * Theory of operation: what comes before `start` is kept, and the other unit is told to hold off meanwhile, so that it
 * is one payload at most. An end is told from a break by where it came: a unit that leaves in order does so between
 * two exchanges, and nothing else says that it has.
 */
import type { Transport, TransportEnd, TransportHandlers } from '@iot/connection';
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

/** One life of a channel, from one synchronisation to the end; `openChannel` makes it. */
export class ChannelTransport implements Transport {
  readonly remoteAddress: string;
  readonly #driver: ChannelDriver;
  #handlers: TransportHandlers | undefined;
  #reporting = false;
  /** What came and was taken before it was reported. */
  #unreported: Uint8Array[] = [];
  #unreportedTaken = 0;
  #held = false;
  #owesDrain = false;
  #failure: LinkError | PeerError | undefined;
  #wasReset = false;
  #end: TransportEnd | undefined;
  /** The owner wants no more reports. */
  #left = false;
  #closing: Promise<void> | undefined;
  /** While `close` waits; stops the clock that runs against it. */
  #lingering: (() => void) | undefined;
  #done: () => void = () => undefined;

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
    return this.#failure;
  }

  /** True when it ended because this unit was reset. */
  get wasReset(): boolean {
    return this.#wasReset;
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    queueMicrotask(() => this.#report());
  }

  /**
   * Queues bytes for the next exchanges, cut into transfers of at most 200 bytes between UTF-8 characters; a transfer
   * never carries parts of two writes. The bytes stay unchanged. False once 200 bytes are queued; `drain` comes when
   * all are taken.
   */
  write(bytes: Uint8Array): boolean {
    const { machine } = this.#driver;
    if (this.#left || machine.over) return false;
    machine.write(bytes);
    this.#owesDrain ||= machine.queued >= HIGH_WATER_BYTES;
    return machine.queued < HIGH_WATER_BYTES;
  }

  /**
   * Tells the other unit, with the next exchange, to send nothing while `on`: there is unread data here. An exchange
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
    this.#leave();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends at once: the own wire goes high, wherever the exchange is. */
  destroy(): void {
    this.#leave();
    this.#driver.stop();
  }

  #leave(): void {
    this.#left = true;
    this.#handlers = undefined;
    this.#unreported = [];
    this.#sayHold();
  }

  async #close(): Promise<void> {
    if (!this.#driver.machine.over) {
      await new Promise<void>((resolve) => {
        this.#done = resolve;
        this.#linger();
        this.#leaveIfDone();
      });
    }
    await this.#driver.released();
  }

  #linger(): void {
    const { clock } = this.#driver;
    this.#lingering?.();
    this.#lingering = clock.at(clock.now() + LINGER_MS, () => this.#driver.stop());
  }

  #leaveIfDone(): void {
    const { machine } = this.#driver;
    if (this.#lingering === undefined) return;
    if (!machine.over && machine.atRest && machine.queued === 0) this.#driver.stop();
    if (!machine.over) return;
    this.#lingering();
    this.#done();
  }

  #handle(event: ChannelEvent): void {
    switch (event.type) {
      case 'synchronised':
        return;
      case 'data':
        if (this.#left) return;
        if (this.#reporting) return this.#handlers?.data(event.bytes);
        this.#unreported.push(event.bytes);
        return this.#sayHold();
      case 'taken':
        if (this.#lingering !== undefined) this.#linger();
        this.#unreportedTaken += event.bytes;
        return this.#reporting ? this.#reportTaken() : undefined;
      case 'failed':
        this.#failure = event.error;
        this.#wasReset = event.reason === 'reset';
        this.#end = event.reason === 'left' ? 'fin' : 'reset';
        return this.#reporting ? this.#reportEnd() : undefined;
    }
  }

  /** It has been started: what came before is reported, and the rest as it comes. */
  #report(): void {
    this.#reporting = true;
    for (const bytes of this.#unreported.splice(0)) this.#handlers?.data(bytes);
    this.#sayHold();
    this.#reportTaken();
    this.#reportEnd();
  }

  #reportTaken(): void {
    const bytes = this.#unreportedTaken;
    this.#unreportedTaken = 0;
    if (bytes > 0) this.#handlers?.taken?.(bytes);
    if (!this.#owesDrain || this.#driver.machine.queued > 0) return;
    this.#owesDrain = false;
    this.#handlers?.drain();
  }

  #reportEnd(): void {
    if (this.#end === undefined) return;
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.ended(this.#end);
  }

  #sayHold(): void {
    this.#driver.machine.hold(this.#held || this.#left || this.#unreported.length > 0);
  }
}
