/**
 * One direction of a link: what the source socket says, told to the sink socket.
 *
 * Theory of operation. A source says three things: bytes, an end (FIN), a reset (its death). The pipe reads
 * while nothing holds it; each reason to hold has a name in `Hold`, and the source flows when the set is empty.
 * What was read goes into the shaper, and `#pump` passes on to the sink what comes out of it, at once or when its time has
 * come. A stall stops both ends: what is held back stays in the source's socket, in the kernels and, up to its cap,
 * in the shaper, so memory is bounded and the sender meets ordinary back-pressure.
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
  /** A byte was written alone: nothing more until it has left and another turn of the event loop has come. */
  #resting = false;
  #abandoned = false;

  constructor(source: Socket, sink: Socket, hooks: PipeHooks) {
    this.#source = source;
    this.#sink = sink;
    this.#hooks = hooks;
    this.#shaper = new Shaper(hooks.tally, hooks.random);
    source.pause(); // before the data listener, which would start the flow
    source.on('data', (chunk: Buffer) => {
      this.#hear(chunk);
    });
    source.on('end', () => {
      this.#hear('fin');
    });
    // Without an error it closed after its end, or because we closed it: nothing new to tell.
    source.on('close', (hadError: boolean) => {
      if (hadError) this.#hear('reset');
    });
    sink.on('drain', () => {
      this.#release('sink full');
    });
    // The sink's death is news from the sink: the opposite pipe reports it, unless that one is stalled.
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

  /** Both sockets are connected. */
  open(): void {
    this.#release('not open');
  }

  reshape(patch: Partial<Shape>): void {
    this.#shaper.shape = { ...this.#shaper.shape, ...patch };
    this.#pump();
  }

  /** Says nothing more to the sink until `resume`. Returns whether that is new. */
  stall(): boolean {
    if (this.stalled) return false;
    this.#hold('stall');
    return true;
  }

  resume(): void {
    this.#release('stall');
  }

  /** From now on whatever the source says is read and thrown away; what waits is lost. */
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
    // Looked at now: a predicate may have cut the link.
    if (this.#abandoned || this.#holds.has('sink gone')) return;
    if (typeof what === 'string') this.#shaper.end(what, performance.now());
    else this.#shaper.put(what, performance.now());
    this.#pump();
  }

  /** Passes on to the sink all that may go now, and arranges to be called again for the rest. */
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
    // Bytes written while others wait in the socket, or before the reader had a turn, would arrive together.
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

/** Ends a socket with RST, now: bytes that wait in it are lost. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // resetAndDestroy would wait for a connect that may never come; and while an end is being sent, Node does not close the
  // socket at all: it says EINVAL, there is no `close`, and the process cannot exit.
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || isEnding) socket.destroy();
  else socket.resetAndDestroy();
}
