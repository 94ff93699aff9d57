import type { Random } from './random.js';
import type { VirtualClock } from './virtual-clock.js';

/**
 * How the bytes of a write reach the other end:
 * `as-written` one chunk a write; `random` split at random points and merged with neighbours; `bytes` one by one.
 */
export type Chunking = 'as-written' | 'random' | 'bytes';

export type ClosedHow = 'fin' | 'reset';

/** The conditions of one direction of a wire, which can be changed at any time. */
export interface FlowConditions {
  /** Each chunk takes a random time from `min` to `max` whole ms. The order is kept, as in TCP. */
  readonly latencyMs: { readonly min: number; readonly max: number };
  readonly chunking: Chunking;
  /** The rate of a slow link, which carries segments of at most 1,400 bytes. */
  readonly bytesPerSecond: number;
}

const SEGMENT_BYTES = 1400;

/** The properties of an end that a flow uses. */
export interface FlowEnd {
  /**
   * `reading` takes data; `paused` is open but its owner does not read; `off` has no power and answers
   * nothing; `gone` does not have this socket any more (it was closed, or the host is up again after a power
   * cut), and answers data with a reset.
   */
  readonly reception: 'reading' | 'paused' | 'off' | 'gone';
  deliver(chunk: Uint8Array): void;
  closedByPeer(how: ClosedHow): void;
  drained(): void;
  /** Sends a reset back, as a kernel does for a segment of a connection that it does not know. */
  answerReset(): void;
}

interface Piece {
  bytes: Uint8Array;
  readonly due: number;
  readonly chunking: Chunking;
}

interface Tail {
  readonly how: ClosedHow;
  readonly due: number;
  /** A stall delays this reset but does not lose it. */
  surviving: boolean;
}

export interface FlowSetup {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly sendBufferBytes: number;
  /** Chance that a reset which arrived during a stall is seen on resume; otherwise only after the next write. */
  readonly resetSurvivesStall: number;
  readonly source: FlowEnd;
  readonly target: FlowEnd;
}

/** One direction of a wire: bytes in flight, then perhaps a FIN or a reset after them. */
export class Flow {
  readonly #setup: FlowSetup;
  #conditions: FlowConditions;
  readonly #pieces: Piece[] = [];
  readonly #vanishing: ((bytes: Uint8Array) => boolean)[] = [];
  #tail: Tail | undefined;
  #lastDue = -Infinity;
  #waiting = 0;
  #drainWanted = false;
  #pushed = 0;
  #pause: { readonly afterBytes: number; readonly ms: number } | undefined;
  #stalled = false;
  #severed = false;
  #cancel: (() => void) | undefined;

  constructor(setup: FlowSetup, conditions: FlowConditions) {
    this.#setup = setup;
    this.#conditions = conditions;
  }

  configure(change: Partial<FlowConditions>): void {
    this.#conditions = { ...this.#conditions, ...change };
  }

  /** Drops the next write for which `matches` returns true. */
  vanishNext(matches: (bytes: Uint8Array) => boolean): void {
    this.#vanishing.push(matches);
  }

  forgetVanishing(): void {
    this.#vanishing.length = 0;
  }

  /**
   * Takes one write. Returns false if more bytes wait than the send buffer holds. `source.drained()` follows
   * later.
   */
  push(bytes: Uint8Array): boolean {
    if (this.#tail !== undefined || bytes.length === 0 || this.#vanishes(bytes)) return true;
    for (const part of this.#cut(bytes)) this.#send(part);
    this.#waiting += bytes.length;
    this.arm();
    if (this.#waiting <= this.#setup.sendBufferBytes) return true;
    this.#drainWanted = true;
    return false;
  }

  /** Delays by `ms` the bytes after this position, counted from the beginning of the direction. */
  pause(afterBytes: number, ms: number): void {
    this.#pause = { afterBytes, ms };
  }

  /** Ends the direction after the bytes sent before. Only a reset passes through a severed connection. */
  finish(how: ClosedHow): void {
    if (how === 'fin' && this.#severed) return;
    this.#tail ??= { how, due: this.#nextDue(), surviving: false };
    this.arm();
  }

  /**
   * A reset as the answer to data. TCP retransmits unacknowledged data, so this reset is not lost in a stall.
   */
  answer(): void {
    this.finish('reset');
    if (this.#tail !== undefined) this.#tail.surviving = true;
  }

  /** Loses the bytes in flight, but not a reset from the middle of the network. */
  lose(): void {
    this.#loseData();
    if (!this.#severed) this.#tail = undefined;
  }

  /**
   * A device in the middle of the network resets the connection. Bytes in flight are lost, and the target
   * sees a reset at once.
   */
  sever(): void {
    this.#loseData();
    this.#severed = true;
    this.#tail = { how: 'reset', due: this.#setup.clock.now, surviving: false };
    this.#disarm();
    this.arm();
  }

  stall(): void {
    this.#stalled = true;
    this.#disarm();
  }

  /**
   * Ends a stall. TCP retransmits data and FIN until they arrive. A reset is sent only once: if it was sent
   * during the stall it may be lost, and the end then stays half-open until it writes.
   */
  resume(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    const { clock, random, resetSurvivesStall } = this.#setup;
    const tail = this.#tail;
    if (
      tail?.how === 'reset' &&
      tail.due <= clock.now &&
      !tail.surviving &&
      !random.chance(resetSurvivesStall)
    ) {
      this.#tail = undefined;
    }
    this.arm();
  }

  /** Sets the timer for the next delivery, if there is something to deliver. */
  arm(): void {
    if (this.#cancel !== undefined || this.#stalled) return;
    const due = this.#deliverableAt();
    if (due === undefined) return;
    this.#cancel = this.#setup.clock.at(due, () => {
      this.#cancel = undefined;
      if (this.#deliverableAt() !== undefined) this.#deliver();
      this.arm();
    });
  }

  #deliverableAt(): number | undefined {
    const { reception } = this.#setup.target;
    if (reception === 'off') return undefined;
    if (reception === 'paused') return this.#tail?.how === 'reset' ? this.#tail.due : undefined;
    return this.#pieces[0]?.due ?? this.#tail?.due;
  }

  #deliver(): void {
    const { target, source, clock, sendBufferBytes } = this.#setup;
    if (this.#pieces.length === 0 || target.reception === 'paused') {
      const how = this.#tail?.how;
      this.#loseData();
      this.#tail = undefined;
      if (how !== undefined) target.closedByPeer(how);
      return;
    }
    if (target.reception === 'gone' || this.#severed) {
      this.#loseData();
      target.answerReset();
      return;
    }
    const chunk = this.#takeChunk();
    this.#waiting -= chunk.length;
    if (this.#drainWanted && this.#waiting <= sendBufferBytes / 2) {
      this.#drainWanted = false;
      clock.at(clock.now, () => source.drained());
    }
    target.deliver(chunk);
  }

  #takeChunk(): Uint8Array {
    const head = this.#pieces[0]!;
    if (head.chunking === 'bytes' && head.bytes.length > 1) {
      const first = head.bytes.subarray(0, 1);
      head.bytes = head.bytes.subarray(1);
      return first;
    }
    let chunk = this.#pieces.shift()!.bytes;
    if (head.chunking !== 'random') return chunk;
    for (;;) {
      const next = this.#pieces[0];
      if (next?.chunking !== 'random' || next.due > this.#setup.clock.now) return chunk;
      if (!this.#setup.random.chance(0.5)) return chunk;
      chunk = joined(chunk, next.bytes);
      this.#pieces.shift();
    }
  }

  #send(part: Uint8Array): void {
    const { afterBytes = Infinity, ms = 0 } = this.#pause ?? {};
    const before = afterBytes - this.#pushed;
    if (part.length > before) {
      this.#pause = undefined;
      if (before > 0) this.#send(part.subarray(0, before));
      this.#lastDue = Math.max(this.#lastDue, this.#setup.clock.now) + ms;
      return this.#send(part.subarray(Math.max(before, 0)));
    }
    this.#pushed += part.length;
    this.#pieces.push({
      bytes: part,
      due: this.#nextDue(part.length),
      chunking: this.#conditions.chunking,
    });
  }

  #cut(bytes: Uint8Array): Uint8Array[] {
    const copy = bytes.slice();
    if (this.#conditions.bytesPerSecond < Infinity) return segments(copy);
    if (this.#conditions.chunking !== 'random') return [copy];
    const { random } = this.#setup;
    const parts: Uint8Array[] = [];
    let from = 0;
    while (from < copy.length) {
      const to = random.chance(0.5) ? copy.length : random.int(from + 1, copy.length);
      parts.push(copy.subarray(from, to));
      from = to;
    }
    return parts;
  }

  #vanishes(bytes: Uint8Array): boolean {
    const index = this.#vanishing.findIndex((matches) => matches(bytes));
    if (index < 0) return false;
    this.#vanishing.splice(index, 1);
    return true;
  }

  #nextDue(bytes = 0): number {
    const { min, max } = this.#conditions.latencyMs;
    this.#lastDue = Math.max(this.#lastDue, this.#setup.clock.now + this.#setup.random.int(min, max));
    this.#lastDue += (bytes * 1000) / this.#conditions.bytesPerSecond;
    return this.#lastDue;
  }

  #loseData(): void {
    this.#pieces.length = 0;
    this.#waiting = 0;
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

function segments(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += SEGMENT_BYTES) parts.push(bytes.subarray(at, at + SEGMENT_BYTES));
  return parts;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
