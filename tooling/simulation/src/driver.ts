import type { Trace } from './trace.js';
import type { VirtualClock } from './virtual-clock.js';
import type { WireEnd } from './wire-end.js';
import type { ClosedHow } from './wire-flow.js';

/**
 * The interface of a protocol machine. The session under test and the models of the originals implement it.
 */
export interface Machine {
  /** A new link has begun (client: TCP is connected; server: the hello has been read). It has no back pressure. */
  open(now: number): void;
  receive(chunk: Uint8Array, now: number): void;
  /** The wire has ended the link. Not called when the machine has given the link up itself. */
  linkClosed(now: number, how: ClosedHow): void;
  /** The bytes of the next write to the socket. Call it again until it returns `undefined`. */
  takeOutput(now: number): Uint8Array | undefined;
  backPressure(on: boolean): void;
  /** The time at which `tick` must be called next. `Infinity`: never. */
  nextDeadline(): number;
  tick(now: number): void;
  /** False: the machine has given its link up. Its remaining output is sent, then the stream is closed. */
  readonly linkOpen: boolean;
}

/** How a link ended: by the wire, or because the machine gave it up. */
export type LinkEnd = ClosedHow | 'given-up';

/**
 * How a process dies. `fin`: its kernel closes the socket. `reset`: its kernel resets the socket because of
 * unread input. `silent`: the host loses its power (`WireEnd.powerBack` starts the host again).
 */
export type Death = ClosedHow | 'silent';

/** A tick that is later than its deadline by more than this counts as missed. */
const GRANULARITY_MS = 1;

export interface DriverOptions {
  readonly clock: VirtualClock;
  readonly machine: Machine;
  readonly name?: string;
  readonly trace?: Trace;
  readonly onLinkEnd?: (how: LinkEnd) => void;
  /** Called after every call of the machine. The owner handles events and checks invariants here. */
  readonly after?: () => void;
}

/**
 * Connects one machine with the clock and with one end of a wire at a time. It is the pump of the simulation.
 *
 * All events for the process go through one queue of stimuli. Normally the queue is processed at once. While
 * the process is busy the queue grows, as a kernel's buffers do. A stimulus that is caused by another one
 * (for example, the `after` hook writes a line and calls `poke`) also waits in the queue, so calls of the
 * machine are never nested.
 *
 * A machine may need one more turn of the event loop before a decision. Then `nextDeadline` still returns a
 * time that has come after `tick` returns. The driver calls `tick` again in the next turn (`nextTurn`), after
 * all data that is ready at this time.
 */
export class Driver {
  readonly #clock: VirtualClock;
  readonly #machine: Machine;
  readonly #name: string;
  readonly #trace: Trace | undefined;
  readonly #onLinkEnd: (how: LinkEnd) => void;
  readonly #after: () => void;
  readonly #stimuli: (() => void)[] = [];
  /** The end of the wire from `attach` on. */
  #claimed: WireEnd | undefined;
  /** The same, once the machine has been told of it (`open`). */
  #end: WireEnd | undefined;
  #blocked = false;
  #inside = false;
  #alive = true;
  #busyUntil = -Infinity;
  #busy = false;
  #busyEndedAt = -Infinity;
  #armedFor = Infinity;
  #disarm: (() => void) | undefined;
  #missedDeadlines = 0;

  constructor(options: DriverOptions) {
    this.#clock = options.clock;
    this.#machine = options.machine;
    this.#name = options.name ?? 'driver';
    this.#trace = options.trace;
    this.#onLinkEnd = options.onLinkEnd ?? (() => undefined);
    this.#after = options.after ?? (() => undefined);
    this.#arm();
  }

  /** False once the process has been killed. */
  get alive(): boolean {
    return this.#alive;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** The current end of a wire. */
  get end(): WireEnd | undefined {
    return this.#claimed;
  }

  /**
   * Number of ticks that came too late although the process was not busy, because the machine asked for a
   * time in the past.
   */
  get missedDeadlines(): number {
    return this.#missedDeadlines;
  }

  /** Opens a link over this end. `firstBytes` were received with the opening (frames after a hello). */
  attach(end: WireEnd, firstBytes?: Uint8Array): void {
    if (!this.#alive) throw new Error(`${this.#name} is dead and cannot take a link`);
    if (this.#claimed !== undefined) throw new Error(`${this.#name} has a link already`);
    this.#claimed = end;
    this.#stimulate(() => {
      if (this.#claimed !== end) return;
      this.#end = end;
      this.#blocked = false;
      this.#call(() => this.#machine.open(this.#clock.now));
      if (firstBytes !== undefined && firstBytes.length > 0 && this.#machine.linkOpen) {
        this.#call(() => this.#machine.receive(firstBytes, this.#clock.now));
      }
    });
    this.#listen(end);
  }

  /**
   * Detaches the end from the machine, which sees a `fin`. Returns the open end, so that the caller can close
   * it or continue to read. Nothing is read from the end until it has new handlers.
   */
  detach(): WireEnd | undefined {
    const opened = this.#end !== undefined;
    const end = this.#release();
    if (opened) {
      this.#stimulate(() => this.#call(() => this.#machine.linkClosed(this.#clock.now, 'fin')));
    }
    return end;
  }

  /**
   * Call after using the machine directly (after a line was written or read): sends output and sets the timer
   * again.
   */
  poke(): void {
    this.#stimulate(() => undefined);
  }

  /**
   * Blocks the process: until `time` it gets neither data nor timers. Then the due timer comes first and the
   * data after it. In this order a faulty machine would declare a peer dead whose bytes are waiting.
   */
  busyUntil(time: number): void {
    if (!this.#alive || time <= this.#clock.now) return;
    this.#trace?.log(this.#name, `is busy until ${time}`);
    this.#busy = true;
    this.#busyUntil = Math.max(this.#busyUntil, time);
    this.#disarmTimer();
    this.#clock.at(time, () => this.#endBusy());
  }

  /** Ends the process: the machine is never called again. Default `reset`. */
  kill(death: Death = 'reset'): void {
    if (!this.#alive) return;
    this.#trace?.log(this.#name, `dies (${death})`);
    this.#alive = false;
    this.#stimuli.length = 0;
    this.#disarmTimer();
    const end = this.#release();
    if (death === 'fin') end?.close();
    else if (death === 'reset') end?.abort();
    else end?.powerCut();
  }

  #listen(end: WireEnd): void {
    const mine = (act: () => void) => () => {
      if (this.#end === end) act();
    };
    end.onDrain = () =>
      this.#stimulate(
        mine(() => {
          this.#blocked = false;
          this.#call(() => this.#machine.backPressure(false));
        }),
      );
    end.onClosed = (how) =>
      this.#stimulate(
        mine(() => {
          this.#release();
          this.#call(() => this.#machine.linkClosed(this.#clock.now, how));
          this.#onLinkEnd(how);
        }),
      );
    end.onData = (chunk) =>
      this.#stimulate(mine(() => this.#call(() => this.#machine.receive(chunk, this.#clock.now))));
  }

  #release(): WireEnd | undefined {
    const end = this.#claimed;
    this.#claimed = undefined;
    this.#end = undefined;
    if (end !== undefined) {
      end.onData = undefined;
      end.onDrain = undefined;
      end.onClosed = undefined;
    }
    return end;
  }

  #stimulate(stimulus: () => void): void {
    if (!this.#alive) return;
    this.#stimuli.push(stimulus);
    if (!this.#inside && !this.#busy) this.#drain();
  }

  #drain(): void {
    this.#inside = true;
    try {
      while (!this.#busy) {
        const stimulus = this.#stimuli.shift();
        if (stimulus === undefined) break;
        stimulus();
        this.#pump();
        this.#closeGivenUpLink();
      }
    } finally {
      this.#inside = false;
    }
    this.#arm();
  }

  #call<T>(use: () => T): T {
    const result = use();
    if (this.#alive) this.#after();
    return result;
  }

  #pump(): void {
    for (let end = this.#end; end !== undefined && end === this.#end && !this.#blocked;) {
      const bytes = this.#call(() => this.#machine.takeOutput(this.#clock.now));
      // The `after` hook may have killed the process or detached the end.
      if (bytes === undefined || this.#end !== end) return;
      if (!end.write(bytes)) {
        this.#blocked = true;
        this.#call(() => this.#machine.backPressure(true));
      }
    }
  }

  #closeGivenUpLink(): void {
    if (this.#end === undefined || this.#machine.linkOpen) return;
    this.#trace?.log(this.#name, 'gives its link up');
    this.#release()?.close();
    this.#onLinkEnd('given-up');
  }

  #arm(): void {
    if (!this.#alive || this.#busy) return;
    const deadline = this.#machine.nextDeadline();
    if (Number.isNaN(deadline)) throw new Error(`${this.#name}: the machine's next deadline is NaN`);
    // A timer that fires too early only sets itself again. This is cheaper than canceling a timer for every
    // byte.
    if (deadline >= this.#armedFor) return;
    this.#disarmTimer();
    this.#armedFor = deadline;
    const timer = () => this.#timerFired();
    const due = deadline <= this.#clock.now;
    this.#disarm = due ? this.#clock.nextTurn(timer) : this.#clock.at(deadline, timer);
  }

  #disarmTimer(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedFor = Infinity;
  }

  #timerFired(): void {
    this.#disarm = undefined;
    this.#armedFor = Infinity;
    if (this.#machine.nextDeadline() > this.#clock.now) this.#arm();
    else this.#stimulate(() => this.#tick());
  }

  #tick(): void {
    const { now } = this.#clock;
    const late = now - this.#machine.nextDeadline();
    if (late > GRANULARITY_MS && now !== this.#busyEndedAt) this.#missedDeadlines += 1;
    this.#call(() => this.#machine.tick(now));
  }

  #endBusy(): void {
    if (!this.#alive || !this.#busy || this.#clock.now < this.#busyUntil) return;
    this.#busy = false;
    this.#busyEndedAt = this.#clock.now;
    if (this.#machine.nextDeadline() <= this.#clock.now) this.#stimuli.unshift(() => this.#tick());
    this.#drain();
  }
}
