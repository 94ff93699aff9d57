/** What the tests of TLS need: openssl as a client, and our own sockets with what they prove. */
import { execFile, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Authority } from '@iot/vitest-config/certificates';
import { onTestFinished } from 'vitest';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { Board } from './board.js';

export const authority = new Authority();
export const ofServer = authority.issue({ name: 'server', names: ['server', '127.0.0.1'] });
const certificate = authority.issue({ name: 'board', names: ['board-of-the-attic'] });
/** What a board with a certificate needs. */
export const ofBoard = { ...certificate, ca: authority.ca };

const KEYS = new Map(['board', 'healthy'].map((id) => [id, randomBytes(32)]));
export const keyOf = (id: string): Buffer => KEYS.get(id)!;
export const psk = (identity: string): Buffer | undefined => KEYS.get(identity);

export const local = { host: '127.0.0.1', port: false, timeout: 20_000 } as const;
export const withKeys = { ...local, tls: { port: 0, psk } } as const;
export const withCertificates = { ...local, tls: { port: 0, ...ofServer, ca: authority.ca } } as const;

/** A server until the end of the test. */
export async function start(options: ListenOptions): Promise<Server> {
  const server = await listen(options);
  onTestFinished(() => server.close());
  return server;
}

/** A board that speaks by `openssl s_client`, and what that says. */
export class OpensslBoard {
  heard = '';
  complaints = '';
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(server: Server, args: readonly string[]) {
    const { port } = server.tlsAddress!;
    const to = ['-connect', `127.0.0.1:${port}`, '-quiet', '-no_ign_eof', '-servername', 'server'];
    this.#process = execFile('openssl', ['s_client', ...to, ...args]);
    this.ended = new Promise((resolve) => this.#process.once('close', () => resolve()));
    this.#process.stdin!.on('error', () => undefined);
    this.#process.stdout!.on('data', (text: string) => {
      this.heard += text;
      for (const look of this.#waiting) look();
    });
    this.#process.stderr!.on('data', (text: string) => (this.complaints += text));
    onTestFinished(async () => {
      this.#process.kill('SIGKILL');
      await this.ended;
    });
  }

  says(text: string): void {
    this.#process.stdin!.write(text);
  }

  /** Resolves once this has come; what came before it and itself are forgotten. */
  hears(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.heard.includes(text)) return;
        this.heard = this.heard.slice(this.heard.indexOf(text) + text.length);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** A socket that begins a handshake with the server; what becomes of it is told by its events. */
export function tlsSocket(server: Server, options: ConnectionOptions): TLSSocket {
  const socket = connect({
    host: '127.0.0.1',
    port: server.tlsAddress!.port,
    servername: 'server',
    ...options,
  });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** A board over TLS, once the handshake is done at its side. */
export async function tlsBoard(server: Server, options: ConnectionOptions): Promise<Board> {
  const socket = tlsSocket(server, options);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return new Board(socket);
}

/** As `tlsBoard`, with a key. */
export function keyOptions(
  identity: string,
  psk: Uint8Array,
  more: ConnectionOptions = {},
): ConnectionOptions {
  return {
    pskCallback: () => ({ identity, psk }),
    ciphers: 'PSK:TLS_AES_128_GCM_SHA256',
    ca: [],
    checkServerIdentity: () => undefined,
    ...more,
  };
}

/** A board on the port for TLS that does not speak TLS. */
export async function raw(server: Server): Promise<Board> {
  const socket = dial(server.tlsAddress!.port, '127.0.0.1');
  await once(socket, 'connect');
  return new Board(socket);
}

/** The first bytes of a client that knows no more than TLS 1.0. */
export function helloOfTls10(): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 1]), // its version
    randomBytes(32),
    Buffer.from([0, 0, 2, 0, 0x2f, 1, 0]), // no session; one cipher, AES128-SHA; no compression
  ]);
  const message = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([22, 3, 1, 0, message.length]), message]);
}
