/** A server process whose sessions are in a store is killed in the middle of traffic, and another one goes on. */
import { connect } from '@iot/client';
import { startFaultProxy } from '@iot/fault-proxy';
import { OriginalClient } from '@iot/reference-models';
import { Board, runClient } from '@iot/reference-models/sockets';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { numbered } from '@iot/vitest-config/lines';
import { News } from '@iot/vitest-config/news';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { News as Told } from './stored-server.js';

const HOST = '127.0.0.1';
const TIMEOUT = 500;
const PROGRAM = fileURLToPath(new URL('stored-server.ts', import.meta.url));

class StoredServer {
  readonly read: { readonly text: string; readonly redelivered: boolean }[] = [];
  readonly #process;
  readonly #news = new News();
  #port = 0;

  constructor(folder: string, which: 'first' | 'later') {
    const execArgv = ['--import', 'tsx', '--conditions=@iot/source'];
    this.#process = fork(PROGRAM, [folder, which], { execArgv });
    this.#process.on('message', (told: Told) => {
      if ('port' in told) this.#port = told.port;
      else this.read.push(told);
      this.#news.tell();
    });
    onTestFinished(() => void this.#process.kill('SIGKILL'));
  }

  port(): Promise<number> {
    return this.#news.until(() => this.#port > 0 && this.#port);
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'close');
  }

  async hasRead(count: number): Promise<void> {
    await this.#news.until(() => this.read.length >= count);
  }
}

/** One client, ours or an original: each way of a line, and the lines that have come to it. */
interface Peer {
  write(line: string): Promise<void>;
  readonly got: string[];
  readonly news: News;
}

type MakePeer = (port: number) => Peer;

const ours =
  (protocol: 1 | 2): MakePeer =>
  (port) => {
    const client = connect({ id: 'board', host: HOST, port, timeout: TIMEOUT, protocol });
    onTestFinished(() => client.close());
    const [got, news] = [[] as string[], new News()];
    void (async () => {
      for await (const line of client) {
        got.push(line);
        news.tell();
      }
    })();
    return { got, news, write: (line) => client.write(line) };
  };

const original: MakePeer = (port) => {
  const board = new Board(new OriginalClient({ id: 'board', timeoutMs: TIMEOUT, reconnectDelayMs: 20 }));
  const [stop, news] = [new AbortController(), new News()];
  board.onStep = () => news.tell();
  const running = runClient(board, port, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return { got: board.delivered, news, write: (line) => board.write(line) };
};

it.each([
  ['our client in version 2', ours(2)],
  ['our client in version 1', ours(1)],
  ['an original client', original],
])(
  'what %s was acked, and what was written to it, is there after the death of the server process',
  async (_, makePeer) => {
    const folder = temporaryFolder();
    let server = new StoredServer(folder, 'first');
    let port = await server.port();
    await using proxy = await startFaultProxy({ to: () => ({ host: HOST, port }) });
    const peer = makePeer(proxy.port);

    const up = numbered('up', 100);
    let acked = 0;
    const writing = (async () => {
      for (const line of up) {
        // An original takes the first line down twice if its ack is lost; in version 1 the second comes after that ack.
        if (acked === 50) await peer.news.until(() => peer.got.length > 1);
        await peer.write(line);
        acked += 1;
        peer.news.tell();
      }
    })();
    // All 60 lines down were stored before the first of them was sent.
    await peer.news.until(() => acked >= 50 && peer.got.length > 1);
    await server.kill();
    const ackedBefore = acked;

    server = new StoredServer(folder, 'later');
    port = await server.port();
    await writing;
    await server.hasRead(up.length);
    expect(server.read.map(({ text }) => text)).toEqual(up);
    expect(server.read.slice(0, ackedBefore).every(({ redelivered }) => redelivered)).toBe(true);
    expect(server.read.at(-1)).toEqual({ text: up.at(-1), redelivered: false });
    await peer.news.until(() => peer.got.length >= 60);
    expect(peer.got).toEqual(numbered('down', 60));
  },
);
