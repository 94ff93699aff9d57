/** Lines of boards on standard output, when no broker gets them. */
import { printable } from '@iot/app-kit';
import type { Connection, Server } from '@iot/server';
import type { Context } from '../context.js';

export interface LineOptions {
  /** A JSON object a line, in place of the id, a blank and the line. */
  readonly json: boolean;
  readonly write: Context['write'];
  /** Told when a line cannot be taken any more; a store that fails, for one. */
  readonly failed: (error: unknown) => void;
}

/** Prints the lines of all clients. A line is done once it has been written. */
export function printLines(server: Server, { json, write, failed }: LineOptions): void {
  const format = json ? asJson : asText;
  const print = async (board: Connection): Promise<void> => {
    for await (const message of board.messages()) {
      await write(format({ id: board.id, line: message.text, at: message.receivedAt, ...again(message) }));
      message.done();
    }
  };
  server.on('client', (board) => {
    print(board).catch(failed);
  });
}

interface Line {
  readonly id: string;
  readonly line: string;
  readonly at: Date;
  readonly redelivered?: true;
}

function again({ redelivered }: { readonly redelivered: boolean }): { readonly redelivered?: true } {
  return redelivered ? { redelivered } : {};
}

function asJson({ at, id, line, redelivered }: Line): string {
  return JSON.stringify({ at, id, line, redelivered });
}

function asText({ id, line }: Line): string {
  return `${printable(id)} ${printable(line)}`;
}
