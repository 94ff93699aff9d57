/**
 * The two interfaces that a connection needs from its environment: a transport, which moves bytes, and a clock. The owner of a
 * transport is the code that called `start`, usually a pump (`pump.ts`).
 */

/** How a transport ended: in order (`fin`), or broken (`reset`). */
export type TransportEnd = 'fin' | 'reset';

/**
 * The reports of a transport to its owner. A transport never reports from inside a call that the owner makes to it, and
 * never after `ended`, `close` or `destroy`.
 */
export interface TransportHandlers {
  /** Bytes were received. The chunk is valid only until the call returns. */
  data(chunk: Uint8Array): void;
  /** There is space again after a `write` that returned false. */
  drain(): void;
  /** Only from a transport that knows: the other end has read this number of the bytes written here. */
  taken?(bytes: number): void;
  /** The transport has ended. */
  ended(how: TransportEnd): void;
}

/**
 * Anything that moves bytes in both directions, in order: TCP, TLS, an I2C channel, a pair in memory. It is connected when it
 * is created.
 */
export interface Transport {
  /** Address of the other end, for logs and messages. */
  readonly remoteAddress: string | undefined;
  /** Begins to report. Called once. Bytes that were received before are reported then. */
  start(handlers: TransportHandlers): void;
  /**
   * Sends bytes, in one piece if possible. The caller must not change them afterwards. False: the caller is to wait for
   * `drain` before the next write.
   */
  write(bytes: Uint8Array): boolean;
  /**
   * Only of a transport that can pause. While `on` it asks the other end to stop sending, or it stops reading. It is called
   * when this end has too many unread lines.
   */
  hold?(on: boolean): void;
  /** Ends in order: bytes already written are still sent, if the other end reads them. Resolves once everything is released. */
  close(): Promise<void>;
  /** Ends at once. Bytes that were not sent may be lost. */
  destroy(): void;
}

/** A monotonic clock, in milliseconds. */
export interface Clock {
  now(): number;
  /** Calls back once, at about `time`. Returns a function that cancels the call. */
  at(time: number, callback: () => void): () => void;
  /**
   * Calls back after one further turn of the event loop. In that turn transports report the bytes that have already arrived.
   * Returns a function that cancels the call.
   */
  nextTurn(callback: () => void): () => void;
}
