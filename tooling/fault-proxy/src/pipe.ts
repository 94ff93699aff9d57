/**
 * One direction of a link: what the source socket says, told to the sink socket.
 *
 * Theory of operation. A source says three things: bytes, an end (FIN), a reset (its death). The pipe reads
 * while nothing holds it; each reason to hold has a name in `Hold`, and the source flows when the set is empty.
 * What is held back stays in the source's socket and in the kernels, so memory is bounded and the sender meets
 * ordinary back-pressure. An end or a reset is kept in `#said` until it may be told.
 *
 * Where faults apply:
 *   - whether to read     a `Hold` of its own (a stall; later a rate budget, a full delay queue)
 *   - what to do to bytes `#take` (later: delay, split, merge, drop)
 *   - how the end is told `#tellEnd` (held by a stall; later queued behind delayed bytes)
 */
import type { Socket } from 'node:net';

type Hold = 'not open' | 'stall' | 'sink full' | 'sink gone';

export class Pipe {
  /** Bytes handed to the sink's socket. */
  bytes = 0;

  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #holds = new Set<Hold>(['not open']);
  #said: 'fin' | 'reset' | undefined;
  #abandoned = false;

  constructor(source: Socket, sink: Socket) {
    this.#source = source;
    this.#sink = sink;
    source.pause(); // before the data listener, which would start the flow
    source.on('data', (chunk: Buffer) => {
      this.#take(chunk);
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
    // The sink's death is news from the sink: the opposite pipe tells it, unless that one is stalled.
    sink.on('close', () => {
      this.#hold('sink gone');
    });
  }

  get stalled(): boolean {
    return this.#holds.has('stall');
  }

  /** Both sockets are connected. */
  open(): void {
    this.#release('not open');
  }

  /** Says nothing more to the sink until `resume`. Returns whether that is new. */
  stall(): boolean {
    if (this.stalled) return false;
    this.#hold('stall');
    return true;
  }

  resume(): void {
    this.#release('stall');
    this.#tellEnd();
  }

  /** From now on whatever the source says is read and thrown away. */
  abandon(): void {
    this.#abandoned = true;
    this.#source.resume();
  }

  #take(chunk: Buffer): void {
    if (this.#abandoned) return;
    this.bytes += chunk.length;
    if (!this.#sink.write(chunk)) this.#hold('sink full');
  }

  /** A reset may follow an end (the source died after its FIN), never the other way round. */
  #hear(what: 'fin' | 'reset'): void {
    this.#said = what;
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (this.#said === undefined || this.stalled || this.#abandoned) return;
    if (this.#said === 'fin') this.#sink.end();
    else reset(this.#sink);
  }

  #hold(reason: Hold): void {
    this.#holds.add(reason);
    if (!this.#abandoned) this.#source.pause();
  }

  #release(reason: Hold): void {
    this.#holds.delete(reason);
    if (this.#holds.size === 0) this.#source.resume();
  }
}

/** Ends a socket with RST, now: bytes that wait in it are lost. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // resetAndDestroy would wait for a connect that may never come.
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
