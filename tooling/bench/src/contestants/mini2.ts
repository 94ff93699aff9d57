/**
 * The minimal cost of acked lines. Each line has a number and a promise, and one cumulative ack is sent per
 * chunk. There are no keepalives, reconnections, limits or checks.
 */
import type { Socket } from 'node:net';
import { eachLine, type Adapter } from './contestant.js';
import { dialLines, serveLines, splitter } from './lines.js';

export const mini2: Adapter = {
  async serve(endpoint) {
    await serveLines(endpoint, (socket, mode) => {
      const end = new Mini2End(socket, (text) => {
        if (mode === 'answered') void end.write(text);
      });
      return (chunk) => end.receive(chunk);
    });
    return {};
  },

  async connect(endpoint, mode) {
    const socket = await dialLines(endpoint, mode);
    const readers: (() => void)[] = [];
    const end = new Mini2End(socket, () => readers.shift()?.());
    socket.on('data', (chunk: string) => end.receive(chunk));
    if (mode === 'acked') return eachLine((line) => end.write(line));
    return eachLine((line) => {
      const answered = new Promise<void>((resolve) => readers.push(resolve));
      return Promise.all([end.write(line), answered]);
    });
  },
};

/** `N text\n` is a line, `+N\n` acks all lines up to that number. */
class Mini2End {
  readonly #socket: Socket;
  readonly receive: (chunk: string) => void;
  /** The promises of the lines after `#acked`, in order. */
  readonly #pending = new Map<number, () => void>();
  #sent = 0;
  #acked = 0;
  #received = 0;
  #toSay = '';
  #flushes = false;

  constructor(socket: Socket, onText: (text: string) => void) {
    this.#socket = socket;
    const split = splitter((line) => {
      if (line.startsWith('+')) return this.#ack(Number(line.slice(1)));
      const space = line.indexOf(' ');
      if (Number(line.slice(0, space)) === this.#received + 1) this.#received += 1;
      onText(line.slice(space + 1));
    });
    this.receive = (chunk) => {
      const before = this.#received;
      split(chunk);
      if (this.#received > before) this.#say(`+${this.#received}\n`);
    };
  }

  write(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#sent += 1;
      this.#pending.set(this.#sent, resolve);
      this.#say(`${this.#sent} ${text}\n`);
    });
  }

  #ack(upTo: number): void {
    while (this.#acked < upTo) {
      this.#acked += 1;
      this.#pending.get(this.#acked)?.();
      this.#pending.delete(this.#acked);
    }
  }

  /** Collects all output of one turn of the event loop into one write. */
  #say(text: string): void {
    this.#toSay += text;
    if (this.#flushes) return;
    this.#flushes = true;
    queueMicrotask(() => {
      this.#flushes = false;
      this.#socket.write(this.#toSay);
      this.#toSay = '';
    });
  }
}
