/** Prints lines of boards to standard output, when there is no broker. */
import { printable } from '@iot/app-kit';
import type { Connection, Server } from '@iot/server';
import type { Context } from '../context.js';

export interface LineOptions {
  /** True: print one JSON object per line. False: the id, a space and the line. */
  readonly json: boolean;
  readonly write: Context['write'];
  /** Called when the lines of a client cannot be read any more, for example because the store has failed. */
  readonly failed: (error: unknown) => void;
}

/** Prints the lines of all clients. A line is marked as done after it was written. */
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
