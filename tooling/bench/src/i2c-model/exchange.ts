/**
 * Computes how long the wires are busy, from the number of bits: the maximum performance of the channel, for
 * any software at its ends. Bus speed, waits and intervals come from the protocol (docs/I2C.md). Clock
 * stretching and the reaction time of a unit are not included. Times are in milliseconds.
 */

/** Start and stop take about one bit each. */
const START_STOP_BITS = 2;

/** Eight bits and their acknowledgement. */
const BYTE_BITS = 9;

/** The responder's wait before each transfer, so that the board is ready. */
const WAIT_MS = 0.02;

/**
 * The time for which the responder of this project leaves its wire low between the two halves of an exchange.
 */
const TURN_MS = 0.1;

const SIZE_BYTES = 2;
export const MOST_BYTES = 200;

/** Bytes added to a line, in both directions: the header before it and the newline after it. */
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

/** Duration of an exchange that carries this number of bytes in each direction. 0 means no payload. */
export function exchangeMs(toServer: number, toBoard: number, khz: number): number {
  return stepMs(toServer, khz) + TURN_MS + stepMs(toBoard, khz);
}

/** Bytes of payload per second, in consecutive full exchanges. */
export function throughput({ khz, exchangeIntervalMs }: Channel, bothWays: boolean): number {
  const busy = exchangeMs(MOST_BYTES, bothWays ? MOST_BYTES : 0, khz);
  return (MOST_BYTES * 1000) / (busy + exchangeIntervalMs);
}

/** Lines per second in one direction. */
export function linesPerSecond(lineBytes: number, { khz, exchangeIntervalMs }: Channel): number {
  const busy = pieces(lineBytes).map((bytes) => exchangeMs(bytes, 0, khz) + exchangeIntervalMs);
  return 1000 / busy.reduce((sum, ms) => sum + ms, 0);
}

/**
 * Time from the write of a line, into an idle channel, until the other unit has received all of it. `best`:
 * an exchange begins at the time of the write. `worst`: an empty exchange has just begun.
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

/** Duration of the transfer of a payload's size, and of the payload if there is one. */
function stepMs(bytes: number, khz: number): number {
  const size = WAIT_MS + transferMs(SIZE_BYTES, khz);
  return bytes === 0 ? size : size + WAIT_MS + transferMs(bytes, khz);
}

/** The sizes of the pieces of a line with one-byte characters. */
function pieces(lineBytes: number): number[] {
  const all = lineBytes + LINE_OVERHEAD_BYTES;
  const whole = Array.from({ length: Math.floor(all / MOST_BYTES) }, () => MOST_BYTES);
  return all % MOST_BYTES === 0 ? whole : [...whole, all % MOST_BYTES];
}
