/**
 * Runs models of the originals on real sockets, in real time. Each model is driven as its own event loop
 * would drive it.
 */
import type { Machine } from '@iot/simulation';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OriginalClient } from './original-client.js';
import type { OriginalServer } from './original-server.js';

type Original = OriginalClient | OriginalServer;

const now = () => performance.now();

/** One run of an original: its machine, its application, and at most one socket at a time. */
export class Board<M extends Original> {
  readonly machine: M;
  readonly delivered: string[] = [];
  /** Called each time the machine has done something: it was written to, it received or ticked, or its link ended. */
  onStep: (() => void) | undefined;
  readonly #settled = new Map<object, () => void>();
  readonly #waiting = new Set<() => void>();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(machine: M) {
    this.machine = machine;
    machine.onSettled = (ticket) => this.#settled.get(ticket)?.();
  }

  /** Resolves when the original's `write` has returned. */
  write(line: string, wait = true): Promise<void> {
    return new Promise((resolve) => {
      this.#settled.set(this.machine.write(line, { qos: true, wait }, now()), resolve);
      this.#run();
    });
  }

  /** Resolves once this many lines have been delivered. */
  reads(count: number): Promise<string[]> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.delivered.length < count) return;
        this.#waiting.delete(look);
        resolve(this.delivered);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Uses this socket as the link from now on. Resolves at the end of the link. */
  attach(socket: Socket): Promise<void> {
    this.#socket = socket;
    this.machine.open(now());
    return new Promise((resolve) => {
      socket.on('data', (chunk) => {
        this.machine.receive(chunk, now());
        this.#run();
      });
      socket.on('error', () => undefined);
      socket.on('close', (hadError) => {
        clearTimeout(this.#timer);
        this.#socket = undefined;
        if (this.machine.linkOpen) (this.machine as Machine).linkClosed(now(), hadError ? 'reset' : 'fin');
        this.#run();
        resolve();
      });
      this.#run();
    });
  }

  #run(): void {
    for (let bytes = this.machine.takeOutput(now()); bytes !== undefined;) {
      this.#socket?.write(bytes);
      bytes = this.machine.takeOutput(now());
    }
    if (!this.machine.linkOpen) this.#socket?.destroy();
    // Its application reads each line at once.
    for (let line = this.machine.readline(); line !== undefined; line = this.machine.readline()) {
      this.delivered.push(line.replace(/\n$/, ''));
    }
    for (const look of [...this.#waiting]) look();
    this.onStep?.();
    clearTimeout(this.#timer);
    const next = this.machine.nextDeadline();
    if (next === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.machine.tick(now());
        this.#run();
      },
      Math.max(0, next - now()),
    );
  }
}

/** Keeps an original client connected to this port, with the original's pauses, until the signal. */
export async function runClient(
  board: Board<OriginalClient>,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  let socket: Socket | undefined;
  signal.addEventListener('abort', () => socket?.destroy());
  try {
    for (;;) {
      socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const connected = await new Promise((resolve) => {
        socket?.once('connect', () => resolve(true)).once('error', () => resolve(false));
      });
      if (connected === true) await board.attach(socket);
      // The pause after an outage is part of the original's behaviour.
      await sleep(board.machine.reconnectDelayMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * An original server for one client id; resolves once it listens. Refuses a new connection while it has a
 * link.
 */
export async function runServer(board: Board<OriginalServer>): Promise<{ port: number; server: Server }> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.once('data', (chunk) => {
      const end = chunk.indexOf(10) + 1;
      if (board.machine.linkOpen) socket.destroy();
      else {
        board.machine.afterHello(chunk.subarray(end));
        void board.attach(socket);
      }
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}
