/**
 * Minimal clients for each server: they send a hello, keepalives and lines. Ten thousand of them use little
 * CPU time, so that the bench measures the server. They do not read lines, and do not send a line again that
 * was lost in a cut.
 */
import type { FleetName } from './serve.js';

/** Calls from a session to its link. */
export interface WireLink {
  write(text: string): void;
  /** The server has accepted this client. */
  up(): void;
  /** The server has acked this many more lines. */
  acked(count: number): void;
}

/** One client over all its links. */
export interface WireSession {
  /** The first bytes of a link. */
  hello(): string;
  keepalive(): string;
  message(text: string): string;
  /** Handles one line of the server. */
  receive(line: string, link: WireLink): void;
}

export function wireSession(server: FleetName, id: string): WireSession {
  switch (server) {
    case 'raw':
      return new RawSession(id);
    case 'ours-1':
      return new Version1Session(id);
    case 'ours-2':
      return new Version2Session(id);
  }
}

class RawSession implements WireSession {
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  hello(): string {
    return `${this.#id}\n`;
  }

  keepalive(): string {
    return '\n';
  }

  message(text: string): string {
    return `${text}\n`;
  }

  receive(line: string, link: WireLink): void {
    if (line === '') link.up();
    else link.acked(1);
  }
}

/** PROTOCOL.md: a line has an id of two hexadecimal digits, and an ack is the id alone. */
class Version1Session extends RawSession {
  #sent = 0;

  override message(text: string): string {
    const id = this.#sent === 0 ? 0 : ((this.#sent - 1) % 255) + 1;
    this.#sent += 1;
    return `${id.toString(16).padStart(2, '0')}${text}\n`;
  }
}

/** The window that the client announces. */
const WINDOW = '262144';
const LINE = '1024';
const LONGEST = '65536';

/** PROTOCOL-2.md: opening lines, numbered lines, cumulative acks in place of keepalives. */
class Version2Session implements WireSession {
  readonly #id: string;
  readonly #epoch = Math.floor(Math.random() * 2 ** 52).toString(16);
  #sent = 0;
  /** Number of sent lines that are acked or given up. */
  #settled = 0;
  #open = false;

  constructor(id: string) {
    this.#id = id;
  }

  hello(): string {
    this.#open = false;
    this.#settled = this.#sent;
    return `${this.#id}\n-2\n`;
  }

  keepalive(): string {
    return this.#open ? `+0 0 ${WINDOW} ${this.#sent}\n` : '\n';
  }

  message(text: string): string {
    this.#sent += 1;
    return `${this.#sent} ${text}\n`;
  }

  receive(line: string, link: WireLink): void {
    if (line.startsWith('+')) return this.#ack(Number(line.split(' ', 2)[1]), link);
    if (!line.startsWith('-2 ')) return;
    const [, epoch, , , , , , , longest] = line.split(' ');
    // The server sends a second opening line if its first one asked for the client's epoch.
    if (!this.#open)
      link.write(`-2 ${this.#epoch} ${this.#sent} ${epoch} 0 0 ${WINDOW} ${LINE} ${LONGEST} 0\n`);
    this.#open = true;
    if (longest !== '0') link.up();
  }

  #ack(received: number, link: WireLink): void {
    if (received <= this.#settled) return;
    link.acked(received - this.#settled);
    this.#settled = received;
  }
}
