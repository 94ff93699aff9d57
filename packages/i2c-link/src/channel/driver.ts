/**
 * The one place that joins a channel's machine with wires, bus and clock.
 *
 * Theory of operation: whatever happens (an edge, the end of a transfer, a deadline, a call of the owner) is fed to the
 * machine, and then its actions are performed and its events reported until there are none. Handlers may feed it
 * again: the loop that runs takes care of it. A deadline counts only after one further turn of the event loop, so that
 * a process that was busy for a second finds the other unit's edge waiting, not the other unit dead.
 *
 * It is no `Pump`. A pump moves bytes between a machine and a transport; this machine asks for levels of wires and for
 * transfers, which are what a transport is made of here, and takes back how each of them ended.
 */
import type { Clock } from '@iot/connection';
import type { ChannelAction, ChannelEvent, ChannelMachine } from './machine.js';
import type { Level, Pin, ResetLine } from './ports.js';

/** One unit's end of the bus, the same whether it is master or slave. */
export interface Side {
  readonly own: Pin;
  readonly remote: Pin;
  /** Of an initiator. */
  readonly resetOutput: ResetLine | undefined;
  /** Of a responder. */
  readonly resetInput: ResetLine | undefined;
  send(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  receive(length: number, signal: AbortSignal): Promise<Uint8Array>;
}

export interface DriverHandlers {
  event(event: ChannelEvent): void;
  /** All that was to be done for now is done. */
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

  /** Begins to synchronise. */
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

  /** From now on these are told. */
  handOver(handlers: DriverHandlers): void {
    this.#handlers = handlers;
  }

  /** Leaves at once. */
  stop(): void {
    this.feed(() => this.machine.stop());
  }

  /** Resolves once the last transfer is over: the bus is free. */
  async released(): Promise<void> {
    await this.#transfer?.settled;
  }

  /** Lets the machine take something in, and does what follows from it. */
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

  /** The wire is looked at first: in a process that has slept, the edge may not have been told yet. */
  #transferred(bytes: Uint8Array | undefined, now: number): void {
    try {
      if (!this.machine.over) this.machine.pin(this.#side.remote.read(), now);
      this.machine.transferDone(bytes, now);
    } catch (cause) {
      this.machine.transferFailed(cause, now);
    }
  }

  /** One timer at most, moved only when it would be too late: a deadline that has moved on is seen when it fires. */
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
