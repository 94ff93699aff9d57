/**
 * One direction of a link: passes bytes and ends from the source socket to the sink socket.
 *
 * How it works. A source has three kinds of events: bytes, an end (FIN) and a reset. Each reason not to read
 * from the source has a name in `Hold`. The pipe reads while the set of holds is empty. The bytes read go
 * into the shaper. `#pump` writes the shaper's output to the sink when its time has come. A stall stops
 * reading and writing. The bytes held back stay in the source's socket, in the kernels and, up to its cap, in
 * the shaper. So memory is bounded, and the sender sees normal back-pressure.
 *
 * Where faults apply:
 *   - whether to read     a `Hold` of its own
 *   - what to do to bytes `#hear` (drop), the shaper (delay, merge, limit, split)
 *   - how the end is told an entry of the shaper, after the bytes
 */
import type { Socket } from 'node:net';
import { BOUNDS } from './bounds.js';
import { Drops } from './drop.js';
import { Shaper } from './shaper.js';
import type { Shape } from './shape.js';
import type { ShapingTally } from './stats.js';

type Hold = 'not open' | 'stall' | 'queue full' | 'sink full' | 'sink gone';

export interface PipeHooks {
  readonly tally: ShapingTally;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  dropped(chunk: Buffer): void;
}

export class Pipe {
  /** Bytes handed to the sink's socket. */
  bytes = 0;
  readonly drops = new Drops();

  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #hooks: PipeHooks;
  readonly #shaper: Shaper;
  readonly #holds = new Set<Hold>(['not open']);
  #timer: NodeJS.Timeout | undefined;
  /**
   * A single byte was written: write nothing until it has left and one more turn of the event loop has
   * passed.
   */
  #resting = false;
  #abandoned = false;

  constructor(source: Socket, sink: Socket, hooks: PipeHooks) {
    this.#source = source;
    this.#sink = sink;
    this.#hooks = hooks;
    this.#shaper = new Shaper(hooks.tally, hooks.random);
    source.pause(); // before the data listener is added, which would start the flow
    source.on('data', (chunk: Buffer) => {
      this.#hear(chunk);
    });
    source.on('end', () => {
      this.#hear('fin');
    });
    // A close without an error follows its end, or was made by this process: there is nothing to pass on.
    source.on('close', (hadError: boolean) => {
      if (hadError) this.#hear('reset');
    });
    sink.on('drain', () => {
      this.#release('sink full');
    });
    // A reset of the sink is an event of the opposite pipe, whose source it is. That pipe reports the reset,
    // unless it is stalled.
    sink.on('close', () => {
      this.#hold('sink gone');
      this.#forget();
    });
  }

  get stalled(): boolean {
    return this.#holds.has('stall');
  }

  get queuedBytes(): number {
    return this.#shaper.queuedBytes;
  }

  /** Called when both sockets are connected. */
  open(): void {
    this.#release('not open');
  }

  reshape(patch: Partial<Shape>): void {
    this.#shaper.shape = { ...this.#shaper.shape, ...patch };
    this.#pump();
  }

  /** Writes nothing to the sink until `resume`. Returns false if the pipe was already stalled. */
  stall(): boolean {
    if (this.stalled) return false;
    this.#hold('stall');
    return true;
  }

  resume(): void {
    this.#release('stall');
  }

  /** From now on, input of the source is read and discarded. Waiting bytes are lost. */
  abandon(): void {
    this.#abandoned = true;
    this.#forget();
    this.#source.resume();
  }

  #hear(what: Buffer | 'fin' | 'reset'): void {
    if (typeof what !== 'string' && !this.#abandoned && this.drops.takes(what)) {
      this.#hooks.dropped(what);
      return;
    }
    // Checked after the predicate, which may have cut the link.
    if (this.#abandoned || this.#holds.has('sink gone')) return;
    if (typeof what === 'string') this.#shaper.end(what, performance.now());
    else this.#shaper.put(what, performance.now());
    this.#pump();
  }

  /** Writes to the sink everything that may leave now, and schedules the next call for the rest. */
  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#mustWait()) {
      const piece = this.#shaper.take(performance.now());
      if (piece === undefined) {
        this.#wakeLater();
        break;
      }
      if (piece === 'fin') this.#sink.end();
      else if (piece === 'reset') reset(this.#sink);
      else this.#write(piece);
    }
    if (this.#shaper.full) this.#hold('queue full');
    else if (this.#holds.has('queue full')) this.#release('queue full');
  }

  #mustWait(): boolean {
    if (this.stalled || this.#resting || this.#abandoned || this.#holds.has('sink gone')) return true;
    return this.#shaper.head === 'bytes' && this.#holds.has('sink full');
  }

  #write(bytes: Buffer): void {
    this.bytes += bytes.length;
    if (this.#shaper.shape.split === 'off') {
      if (!this.#sink.write(bytes)) this.#hold('sink full');
      return;
    }
    // Bytes would arrive together if they were written while others wait in the socket, or before the reader
    // has had a turn of the event loop.
    this.#resting = true;
    this.#sink.write(bytes, () => {
      setImmediate(() => {
        this.#resting = false;
        this.#pump();
      });
    });
  }

  #wakeLater(): void {
    const at = this.#shaper.wakeAt();
    if (at === undefined) return;
    const wait = Math.min(Math.ceil(at - performance.now()), BOUNDS.longestMs);
    this.#timer = setTimeout(() => {
      this.#pump();
    }, wait);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#shaper.clear();
  }

  #hold(reason: Hold): void {
    this.#holds.add(reason);
    if (!this.#abandoned) this.#source.pause();
  }

  #release(reason: Hold): void {
    this.#holds.delete(reason);
    if (this.#holds.size === 0) this.#source.resume();
    if (reason !== 'queue full') this.#pump();
  }
}

/** Closes a socket with RST at once. Bytes that wait in it are lost. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // `resetAndDestroy` waits for a pending connect, which may never complete. While a FIN is being sent, it
  // fails with EINVAL: Node emits no `close`, and the process cannot exit.
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || isEnding) socket.destroy();
  else socket.resetAndDestroy();
}
