/**
 * What the lines hold: a list of numbers, as JSON. A client sends `[id, connects, freeMemory, dupes, missed,
 * outOfOrder, uptime]`, a server `[id, count]`. The ids of each start at 0 and grow by one. In a campaign one element
 * more, the last, is the number of the sender's run; a board sends none.
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

/** The message in a line, or undefined when it holds none: what a board sends must not stop a server. */
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

/** What a client's message reports of what the client has received. A board in fast mode reports less. */
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
