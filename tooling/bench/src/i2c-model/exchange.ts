/**
 * How long the wires are busy, from the bits on them: what the channel can do at most, whatever runs at its ends. Bus,
 * waits and intervals are the protocol's (docs/I2C.md); clock stretching, and the time that a unit takes to answer an
 * edge, are not in it. Times in milliseconds.
 */

/** Start and stop take about a bit each. */
const START_STOP_BITS = 2;

/** Eight bits and their acknowledgement. */
const BYTE_BITS = 9;

/** The responder waits so long before each transfer, so that the board is ready. */
const WAIT_MS = 0.02;

/** Between the two halves of an exchange our responder leaves its wire low for so long. */
const TURN_MS = 0.1;

const SIZE_BYTES = 2;
export const MOST_BYTES = 200;

/** Around a line: the header before it, the newline after it. Both ways. */
const LINE_OVERHEAD_BYTES = 2;

export interface Channel {
  readonly khz: number;
  /** From the end of one exchange to the start of the next. */
  readonly exchangeIntervalMs: number;
}

export type Direction = 'to server' | 'to board';

/** One transfer, with the address byte before it. */
export function transferMs(bytes: number, khz: number): number {
  return (START_STOP_BITS + BYTE_BITS * (1 + bytes)) / khz;
}

/** One exchange that carries this number of bytes each way; 0 is none. */
export function exchangeMs(toServer: number, toBoard: number, khz: number): number {
  return stepMs(toServer, khz) + TURN_MS + stepMs(toBoard, khz);
}

/** Bytes a second, of payload: what fits into one exchange after the other. */
export function throughput({ khz, exchangeIntervalMs }: Channel, bothWays: boolean): number {
  const busy = exchangeMs(MOST_BYTES, bothWays ? MOST_BYTES : 0, khz);
  return (MOST_BYTES * 1000) / (busy + exchangeIntervalMs);
}

/** Lines a second, one way. */
export function linesPerSecond(lineBytes: number, { khz, exchangeIntervalMs }: Channel): number {
  const busy = pieces(lineBytes).map((bytes) => exchangeMs(bytes, 0, khz) + exchangeIntervalMs);
  return 1000 / busy.reduce((sum, ms) => sum + ms, 0);
}

/**
 * From the moment at which a line is written, into a channel at rest, to the moment at which the other unit has all of it.
 * `best`: an exchange begins then. `worst`: one that carries nothing has just begun.
 */
export function lineLatency(lineBytes: number, direction: Direction, channel: Channel) {
  const { khz, exchangeIntervalMs } = channel;
  const all = pieces(lineBytes);
  const last = all.at(-1)!;
  const before = all.slice(0, -1).map((bytes) => exchangeMs(bytes, 0, khz) + exchangeIntervalMs);
  const ahead = direction === 'to board' ? stepMs(0, khz) + TURN_MS : 0;
  const best = before.reduce((sum, ms) => sum + ms, 0) + ahead + stepMs(last, khz);
  const period = exchangeMs(0, 0, khz) + exchangeIntervalMs;
  return { best, mean: best + period / 2, worst: best + period };
}

/** The size of a payload, and the payload if there is one. */
function stepMs(bytes: number, khz: number): number {
  const size = WAIT_MS + transferMs(SIZE_BYTES, khz);
  return bytes === 0 ? size : size + WAIT_MS + transferMs(bytes, khz);
}

/** How a line is cut, when its characters are of one byte. */
function pieces(lineBytes: number): number[] {
  const all = lineBytes + LINE_OVERHEAD_BYTES;
  const whole = Array.from({ length: Math.floor(all / MOST_BYTES) }, () => MOST_BYTES);
  return all % MOST_BYTES === 0 ? whole : [...whole, all % MOST_BYTES];
}
