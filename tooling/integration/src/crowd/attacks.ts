/**
 * The attacks of a hostile client, each with one socket. An attack ends when the server closes the socket, or
 * when `signal` is aborted.
 */
import { connect, type Socket } from 'node:net';
import type { Random } from '@iot/simulation';

export interface Attack {
  readonly random: Random;
  readonly port: number;
  /** The port for TLS. */
  readonly tlsPort: number;
  /** A loopback address that no healthy client uses. */
  readonly from: string;
  /** How long an attacker stays connected after its last byte, in ms. */
  readonly staysMs: number;
  /** Recorded sessions, which are replayed with changes. */
  readonly recordings: readonly Uint8Array[];
}

/**
 * Maximum length of a flood, in bytes. The length does not matter: the tests measure the effect on other
 * clients.
 */
const FLOOD_BYTES = 256 * 1024;

type Play = (socket: Socket, attack: Attack) => void;

/** By name. */
export const ATTACKS: Readonly<Record<string, Play>> = {
  'random bytes'(socket, { random }) {
    socket.end(randomBytes(random, random.int(1, 2000)));
  },
  'half a hello'(socket, { random }) {
    socket.write(randomBytes(random, random.int(0, 40)).map((byte) => 97 + (byte % 26)));
  },
  'a hello without an end'(socket) {
    flood(socket, 'x'.repeat(4096));
  },
  'random bytes after a hello'(socket, { random }) {
    socket.write(`bad ${random.int(0, 30)}\n`);
    socket.end(randomBytes(random, random.int(1, 4000)));
  },
  'a recorded session with changed bytes'(socket, { random, recordings }) {
    const bytes = Uint8Array.from(random.pick(recordings));
    for (let change = random.int(0, 5); change > 0; change--)
      bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
    socket.end(bytes.subarray(0, random.int(1, bytes.length)));
  },
  'a flood of acks'(socket, { random }) {
    socket.write(`acks ${random.int(0, 30)}\n\n`);
    flood(socket, Array.from({ length: 256 }, (_, id) => `${id.toString(16).padStart(2, '0')}\n`).join(''));
  },
  'a flood of keepalives'(socket, { random }) {
    socket.write(`keepalives ${random.int(0, 30)}\n\n`);
    flood(socket, '\n'.repeat(4096));
  },
  'a flood of lines from a client that reads nothing'(socket, { random }) {
    socket.write(`lines ${random.int(0, 30)}\n\n`);
    flood(
      socket,
      Array.from({ length: 100 }, (_, id) => `${(id + 1).toString(16).padStart(2, '0')}flood\n`).join(''),
    );
    socket.pause();
  },
  'lines with random message ids'(socket, { random }) {
    socket.write(`ids ${random.int(0, 30)}\n\n`);
    socket.end(Array.from({ length: 200 }, () => `${random.int(16, 255).toString(16)}jump\n`).join(''));
  },
  'version 2 with invalid numbers'(socket, { random }) {
    socket.write(`liar ${random.int(0, 30)}\n-2\n`);
    const numbers = () => Array.from({ length: 5 }, () => random.int(0, 2 ** 40)).join(' ');
    socket.end(`-2 ${'a'.repeat(16)} ${numbers()}\n+${numbers()}\n${random.int(1, 9)} line\n!end\n`);
  },
  'one byte every 20 ms'(socket, { random }) {
    const bytes = `slow ${random.int(0, 30)}\n\n00line\n`;
    let at = 0;
    const next = (): void => {
      if (!socket.destroyed && at < bytes.length)
        socket.write(bytes.charAt(at++), () => setTimeout(next, 20));
    };
    next();
  },
  'a TLS handshake that stops'(socket) {
    socket.write(CLIENT_HELLO.subarray(0, 60));
  },
  'plain bytes to the TLS port'(socket, { random }) {
    socket.end(`plain ${random.int(0, 30)}\n\n00line\n`);
  },
};

const OVER_TLS = new Set(['a TLS handshake that stops', 'plain bytes to the TLS port']);

/** The first bytes of a ClientHello of TLS 1.2, whose length field announces more bytes than are sent. */
const CLIENT_HELLO = Uint8Array.from([
  ...[0x16, 0x03, 0x01, 0x00, 0xf8, 0x01, 0x00, 0x00, 0xf4, 0x03, 0x03],
  ...Array.from({ length: 100 }, (_, at) => at),
]);

/** Plays one attack; resolves once its socket is closed. */
export function play(name: string, attack: Attack): Promise<void> {
  const { port, tlsPort, from, staysMs } = attack;
  const socket = connect({
    port: OVER_TLS.has(name) ? tlsPort : port,
    host: '127.0.0.1',
    localAddress: from,
    noDelay: true,
  });
  return new Promise((resolve) => {
    const leave = setTimeout(() => socket.destroy(), staysMs);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(leave);
      resolve();
    });
    socket.on('connect', () => ATTACKS[name]!(socket, attack));
    socket.resume();
  });
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(0, 255));
}

/** Sends the same bytes repeatedly, as fast as the socket accepts them. */
function flood(socket: Socket, text: string): void {
  const bytes = Buffer.from(text);
  let left = FLOOD_BYTES;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= bytes.length;
      if (!socket.write(bytes)) return;
    }
  };
  socket.on('drain', more);
  more();
}
