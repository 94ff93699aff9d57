/** Every number of this package that is a choice, with its reason. */
export const BOUNDS = {
  /** Longest time of anything, in ms: Node's timers wait no longer. */
  longestMs: 2 ** 31 - 1,
  /** Highest rate: beyond it no limit can be noticed. */
  mostBytesPerSecond: 1_000_000_000,
  /**
   * Bytes that wait in one direction of a link before its source is no longer read, and chunks, each of which costs
   * memory beyond its bytes. One read more may come on top: 64 KiB.
   */
  queuedBytes: 1024 * 1024,
  queuedChunks: 4096,
  /** Bytes that a merge collects before it begins another chunk: what Node reads at once. */
  mergedBytes: 64 * 1024,
  /** A limited direction writes as much as its rate allows in this time, then rests: a trickle, not bursts. */
  limitSliceMs: 50,
} as const;
