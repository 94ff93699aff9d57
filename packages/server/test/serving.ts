/** A server of one test, on loopback, and the boards that dial it. They are closed after the test. */
import { onTestFinished } from 'vitest';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { Board } from './board.js';

export interface Serving {
  readonly server: Server;
  /** Dials, and says this at once. */
  dial(says: string | Uint8Array): Promise<Board>;
}

/** @param options with a timeout that no test waits for */
export async function serving(options: ListenOptions): Promise<Serving> {
  const server = await listen({ port: 0, host: '127.0.0.1', timeout: 60_000, ...options });
  const boards: Board[] = [];
  onTestFinished(async () => {
    for (const board of boards) board.socket.destroy();
    await server.close();
  });
  const dial = async (says: string | Uint8Array): Promise<Board> => {
    const board = await Board.dial(server);
    boards.push(board);
    board.says(says);
    return board;
  };
  return { server, dial };
}
