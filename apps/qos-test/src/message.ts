/**
 * The content of the lines: a list of numbers, as JSON. A client sends `[id, connects, freeMemory, dupes,
 * missed, outOfOrder, uptime]`, a server `[id, count]`. The ids of each sender start at 0 and increase by
 * one. In a campaign, a message has one more element at the end: the number of the sender's run. A board does
 * not send it.
 */
import type { Counts } from './checker.js';

export type Data = readonly number[];

export interface Message {
  readonly id: number;
  readonly run: number | undefined;
  readonly data: Data;
}

/** Elements without the run, by sender. */
const LENGTH = { client: 7, server: 2 } as const;

export type Sender = keyof typeof LENGTH;

/**
 * The message in a line. Returns undefined for any other line, because invalid input of a board must not stop
 * a server.
 */
export function parse(line: string, from: Sender): Message | undefined {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isData(data)) return undefined;
  const [id] = data;
  const run = data[LENGTH[from]];
  return isCount(id) && (run === undefined || isCount(run)) ? { id, run, data } : undefined;
}

/**
 * The counts of received messages that a client's message reports. A board in fast mode reports fewer counts.
 */
export function countsAtClient({ data }: Message): Partial<Counts> {
  const [, , , duplicates, missing, outOfOrder] = data;
  return {
    ...(duplicates !== undefined && { duplicates }),
    ...(missing !== undefined && { missing }),
    ...(outOfOrder !== undefined && { outOfOrder }),
  };
}

function isData(value: unknown): value is Data {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
