/**
 * What the lines of the demo hold: a list of numbers, as JSON. A client sends `[connects, count, freeMemory]`, a board
 * behind a bridge `[42, count, 99]`. The server sends the list it last had from that client, with a count of its own in
 * the first place.
 */
export type Data = number[];

/** The position of the sender's count. */
export const COUNT_OF = { client: 1, server: 0 } as const;

/** The list in a line, or undefined when it holds none: what a board sends must not stop a server. */
export function parse(line: string): Data | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isData(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isData(value: unknown): value is Data {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}
