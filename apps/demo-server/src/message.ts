/**
 * The content of the demo's lines: a list of numbers, as JSON. A client sends `[connects, count,
 * freeMemory]`, a board behind a bridge `[42, count, 99]`. The server sends the last list from that client,
 * with the first element replaced by the server's count.
 */
export type Data = number[];

/** The position of the sender's count. */
export const COUNT_OF = { client: 1, server: 0 } as const;

/**
 * The list in a line. Returns undefined for any other line, because invalid input of a board must not stop a
 * server.
 */
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
