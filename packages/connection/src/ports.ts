/** What a connection needs from outside: something that moves bytes, and the time. */

/** Why a transport is gone: it ended in order, or broke. */
export type TransportEnd = 'fin' | 'reset';

/**
 * What a transport reports to its one owner: never from inside one of the owner's calls, and never after the end or
 * after `close` or `destroy`.
 */
export interface TransportHandlers {
  /** Bytes came. The chunk is the receiver's to read until the call returns. */
  data(chunk: Uint8Array): void;
  /** There is space again after a `write` that returned false. */
  drain(): void;
  /** Only from a transport that can tell: the other end has taken this number of the bytes written here. */
  taken?(bytes: number): void;
  /** It is over. */
  ended(how: TransportEnd): void;
}

/** Anything that moves bytes both ways, in order: TCP, TLS, an I2C channel, a pair in memory. Established when made. */
export interface Transport {
  /** Where the other end is, for people. */
  readonly remoteAddress: string | undefined;
  /** Begins to report; called once. What came before is reported then. */
  start(handlers: TransportHandlers): void;
  /** Sends bytes, which stay unchanged, in one piece if it can. False: wait for `drain` before the next. */
  write(bytes: Uint8Array): boolean;
  /**
   * Only of a transport that can: while `on` the other end is asked to send nothing, or nothing is reported of what it sends,
   * since there is unread data here.
   */
  hold?(on: boolean): void;
  /** Ends in order: what was written still goes out, if the other end takes it. Resolves once all is released. */
  close(): Promise<void>;
  /** Ends at once. */
  destroy(): void;
}

/** The time, in milliseconds that never go back. */
export interface Clock {
  now(): number;
  /** Calls back once, at `time` or as near as timers go; the function returned cancels. */
  at(time: number, callback: () => void): () => void;
  /** Calls back after one further turn of the event loop, in which all that has come is reported. */
  nextTurn(callback: () => void): () => void;
}
