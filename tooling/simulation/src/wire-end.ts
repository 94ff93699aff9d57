import type { Trace } from './trace.js';
import type { ClosedHow, Flow, FlowEnd } from './wire-flow.js';

type State = 'open' | 'closed' | 'off' | 'back';

/**
 * One end of a wire: a process's side of a TCP connection.
 *
 * Its owner sets the handlers. While `onData` is not set, the end is not read, and bytes and a FIN after them
 * wait. Handlers run as events of the clock, never from inside a call, and no handler runs after the end was
 * closed by either side.
 */
export class WireEnd {
  onDrain: (() => void) | undefined;
  onClosed: ((how: ClosedHow) => void) | undefined;
  readonly name: string;
  readonly #trace: Trace | undefined;
  #onData: ((chunk: Uint8Array) => void) | undefined;
  #state: State = 'open';
  #out!: Flow;
  #in!: Flow;

  constructor(name: string, trace: Trace | undefined) {
    this.name = name;
    this.#trace = trace;
  }

  /** Called once by the wire, which makes both ends first and then the flows between them. */
  join(out: Flow, incoming: Flow): void {
    this.#out = out;
    this.#in = incoming;
  }

  get onData(): ((chunk: Uint8Array) => void) | undefined {
    return this.#onData;
  }

  set onData(handler: ((chunk: Uint8Array) => void) | undefined) {
    this.#onData = handler;
    this.#in.arm();
  }

  /** True until this end has noticed a close. A half-open end is still open. */
  get open(): boolean {
    return this.#state === 'open';
  }

  /**
   * Sends a copy of the bytes. Returns false if the send buffer is full. `onDrain` is called when it has
   * space again.
   */
  write(bytes: Uint8Array): boolean {
    if (!this.open) return true;
    this.#trace?.log(this.name, 'writes', bytes);
    return this.#out.push(bytes);
  }

  /** Closes the connection. The other end sees `fin` after the bytes sent before. */
  close(): void {
    this.#end('closes', () => this.#out.finish('fin'));
  }

  /** Resets the connection. Bytes in flight from this end are lost, and the other end sees `reset`. */
  abort(): void {
    this.#end('aborts', () => {
      this.#out.lose();
      this.#out.finish('reset');
    });
  }

  /** The host loses its power. Bytes in flight from this end are lost, and the other end sees nothing. */
  powerCut(): void {
    if (this.#state === 'off' || this.#state === 'back') return;
    this.#trace?.log(this.name, 'loses power');
    this.#state = 'off';
    this.#out.lose();
  }

  /** The host is up again without this connection. Data that arrives is answered by a reset. */
  powerBack(): void {
    if (this.#state !== 'off') return;
    this.#trace?.log(this.name, 'has power again');
    this.#state = 'back';
    this.#in.arm();
  }

  /** The interface of this end for the flows. */
  readonly line: FlowEnd = this.#makeLine();

  #makeLine(): FlowEnd {
    const reception = (): FlowEnd['reception'] => {
      if (this.#state === 'open') return this.#onData === undefined ? 'paused' : 'reading';
      return this.#state === 'off' ? 'off' : 'gone';
    };
    return {
      get reception() {
        return reception();
      },
      deliver: (chunk) => {
        this.#trace?.log(this.name, 'reads', chunk);
        this.#onData?.(chunk);
      },
      closedByPeer: (how) => {
        if (!this.open) return;
        this.#trace?.log(this.name, `sees ${how}`);
        this.#state = 'closed';
        if (how === 'reset') this.#out.lose();
        this.onClosed?.(how);
      },
      drained: () => {
        if (this.open) this.onDrain?.();
      },
      answerReset: () => this.#out.answer(),
    };
  }

  #end(what: string, act: () => void): void {
    if (!this.open) return;
    this.#trace?.log(this.name, what);
    this.#state = 'closed';
    act();
    this.#in.arm();
  }
}
