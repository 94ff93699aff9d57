/** All limits and constants of this package, with their reasons. */
export const BOUNDS = {
  /** Longest duration, in ms: the maximum of Node's timers. */
  longestMs: 2 ** 31 - 1,
  /** Highest rate: a higher limit has no noticeable effect. */
  mostBytesPerSecond: 1_000_000_000,
  /**
   * When this number of bytes, or of chunks, waits in one direction of a link, its source is not read. Chunks
   * are limited too, because each costs memory beyond its bytes. One more read (64 KiB) may exceed the limit.
   */
  queuedBytes: 1024 * 1024,
  queuedChunks: 4096,
  /** Bytes that a merge collects before it begins another chunk: the size of one read of Node. */
  mergedBytes: 64 * 1024,
  /**
   * A limited direction writes the bytes of this much time, then pauses, so that bytes arrive steadily and
   * not in bursts.
   */
  limitSliceMs: 50,
} as const;
