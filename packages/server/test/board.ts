import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SharedTimers } from '@iot/connection/node';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Server } from '../src/index.js';

/** A client without our code: bytes out, bytes in. */
export class Board implements Disposable {
  heard = '';
  readonly socket: Socket;
  #closed = false;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.heard += chunk.toString();
      this.#look();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#look();
    });
  }

  /** One that is connected and has said nothing. */
  static async dial(server: Server): Promise<Board> {
    const { address, port } = server.address;
    const socket = connect({ port, host: address.startsWith('127.') ? address : '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Board(socket);
  }

  /** One that has said hello and its first frame, and has heard the server. */
  static async up(server: Server, id: string): Promise<Board> {
    const board = await Board.dial(server);
    board.says(`${id}\n\n`);
    await board.hears('\n');
    return board;
  }

  says(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Sends every byte in a segment of its own. */
  async spells(text: string): Promise<void> {
    for (const byte of Buffer.from(text)) {
      await new Promise((resolve) => this.socket.write(Uint8Array.of(byte), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Resolves once this has come; what came before it and itself are forgotten. */
  async hears(text: string): Promise<void> {
    await this.#until(() => this.heard.includes(text));
    this.heard = this.heard.slice(this.heard.indexOf(text) + text.length);
  }

  gone(): Promise<void> {
    return this.#until(() => this.#closed);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** The next event of this kind, as the list of its arguments. */
export function next(server: Server, event: 'refused' | 'client' | 'close'): Promise<unknown[]> {
  return new Promise((resolve) => {
    const off = server.on(event, (...args: unknown[]) => {
      off();
      resolve(args);
    });
  });
}

/** In the tests of this file time passes only by `vi.advanceTimersByTime`. */
export function withVirtualTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A newcomer that has been accepted, so that the time for its hello runs, and has said nothing. */
export async function newcomer(server: Server): Promise<Board> {
  const timers = vi.spyOn(SharedTimers.prototype, 'at');
  const board = await Board.dial(server);
  while (timers.mock.calls.length === 0) await turn();
  timers.mockRestore();
  return board;
}
