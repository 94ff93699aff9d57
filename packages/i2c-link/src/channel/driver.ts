/**
 * `ChannelDriver` connects a `ChannelMachine`, which has no I/O and no clock, to the hardware of one unit: its wires,
 * its end of the I2C bus and a clock. A unit is one of the two ends of a channel.
 *
 * Theory of operation: every input (an edge of a wire, the end of a transfer, a deadline, a call of the owner) goes to
 * the machine through `feed`. `feed` then performs the actions of the machine and reports its events, and repeats this
 * until there are none left. A handler may call `feed` again: the inner call only adds its input, and the loop of the
 * outer call does the rest.
 *
 * The driver passes a deadline to the machine only after one more turn of the event loop. If this process was busy for a
 * second, an edge of the other unit may be waiting unread. Without the extra turn the machine would report a time-out.
 *
 * A `Pump` of `@iot/connection` cannot be used here. It moves bytes between a machine and a transport. This machine asks
 * for levels on wires and for bus transfers, and needs the result of each transfer.
 */
import type { Clock } from '@iot/connection';
import type { ChannelAction, ChannelEvent, ChannelMachine } from './machine.js';
import type { Level, Pin, ResetLine } from './ports.js';

/** The hardware of one unit. It has the same form for the master and the slave of the bus. */
export interface Side {
  /** The wire that this unit drives. */
  readonly own: Pin;
  /** The wire that the other unit drives. */
  readonly remote: Pin;
  /** The reset line that an initiator drives; undefined in a responder. */
  readonly resetOutput: ResetLine | undefined;
  /** The reset line that a responder listens to; undefined in an initiator. */
  readonly resetInput: ResetLine | undefined;
  send(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  receive(length: number, signal: AbortSignal): Promise<Uint8Array>;
}

export interface DriverHandlers {
  event(event: ChannelEvent): void;
  /** The machine has no more actions and events for now. */
  settled(): void;
}

export class ChannelDriver {
  readonly machine: ChannelMachine;
  readonly clock: Clock;
  readonly #side: Side;
  #handlers: DriverHandlers;
  #running = false;
  #timer: { readonly at: number; cancel: () => void } | undefined;
  #unlisten: (() => void)[] = [];
  #transfer: { readonly aborter: AbortController; readonly settled: Promise<void> } | undefined;

  constructor(machine: ChannelMachine, side: Side, clock: Clock, handlers: DriverHandlers) {
    this.machine = machine;
    this.clock = clock;
    this.#side = side;
    this.#handlers = handlers;
  }

  /** Starts to synchronise with the other unit. */
  start(): void {
    this.feed((now) => {
      try {
        this.#listen();
        this.machine.start(now);
        this.machine.pin(this.#side.remote.read(), now);
      } catch (cause) {
        this.machine.transferFailed(cause, now);
      }
    });
  }

  /** Calls these handlers from now on, in place of the previous ones. */
  handOver(handlers: DriverHandlers): void {
    this.#handlers = handlers;
  }

  /** Stops the machine at once. Its own wire goes high. */
  stop(): void {
    this.feed(() => this.machine.stop());
  }

  /** Resolves once the last transfer has ended and the bus is free. */
  async released(): Promise<void> {
    await this.#transfer?.settled;
  }

  /** Gives the machine an input, then performs its actions and reports its events until there are none. */
  feed(input: (now: number) => void): void {
    input(this.clock.now());
    if (this.#running) return;
    this.#running = true;
    try {
      for (let more = true; more;) {
        const actions = this.machine.takeActions();
        for (const action of actions) this.#tryTo(action);
        const events = this.machine.takeEvents();
        for (const event of events) this.#handlers.event(event);
        more = actions.length + events.length > 0;
      }
    } finally {
      this.#running = false;
    }
    if (this.machine.over) for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#arm();
    this.#handlers.settled();
  }

  #listen(): void {
    const { remote, resetInput } = this.#side;
    this.#unlisten.push(remote.onEdge((level) => this.feed((now) => this.machine.pin(level, now))));
    if (resetInput === undefined) return;
    const { pin, activeLevel = 0 } = resetInput;
    const reset = (level: Level) => {
      if (level === activeLevel) this.feed(() => this.machine.wasReset());
    };
    this.#unlisten.push(pin.onEdge(reset));
  }

  #tryTo(action: ChannelAction): void {
    try {
      this.#perform(action);
    } catch (cause) {
      this.machine.transferFailed(cause, this.clock.now());
    }
  }

  #perform(action: ChannelAction): void {
    const side = this.#side;
    switch (action.type) {
      case 'own':
        return side.own.write(action.level);
      case 'reset': {
        const { pin, activeLevel = 0 } = side.resetOutput!;
        return pin.write(action.active === (activeLevel === 1) ? 1 : 0);
      }
      case 'send':
        return this.#begin((signal) => side.send(action.bytes, signal).then(() => undefined));
      case 'receive':
        return this.#begin((signal) => side.receive(action.length, signal));
      case 'abort':
        return this.#transfer?.aborter.abort();
    }
  }

  #begin(transfer: (signal: AbortSignal) => Promise<Uint8Array | undefined>): void {
    const aborter = new AbortController();
    const settled = transfer(aborter.signal).then(
      (bytes) => this.feed((now) => this.#transferred(bytes, now)),
      (cause: unknown) => this.feed((now) => this.machine.transferFailed(cause, now)),
    );
    this.#transfer = { aborter, settled };
  }

  /**
   * Reads the remote wire before it reports the end of the transfer: if this process was descheduled, the event of an
   * edge may still be waiting.
   */
  #transferred(bytes: Uint8Array | undefined, now: number): void {
    try {
      if (!this.machine.over) this.machine.pin(this.#side.remote.read(), now);
      this.machine.transferDone(bytes, now);
    } catch (cause) {
      this.machine.transferFailed(cause, now);
    }
  }

  /**
   * Keeps at most one timer. A deadline that moves earlier sets the timer again. A deadline that moves later does not:
   * the timer fires early, the machine does nothing, and the timer is set for the new deadline.
   */
  #arm(): void {
    const next = this.machine.nextDeadline();
    if (this.#timer !== undefined && this.#timer.at <= next && next !== Infinity) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (next === Infinity) return;
    const look = () => {
      this.#timer = undefined;
      this.feed((now) => this.machine.tick(now));
    };
    const cancel = this.clock.at(next, () => {
      this.#timer = { at: next, cancel: this.clock.nextTurn(look) };
    });
    this.#timer = { at: next, cancel };
  }
}
