/** Whatever answers at `--url`, each command prints it safely, or ends with an error of one line that shows no secret. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { HOST } from '@iot/app-kit/testing';
import { UsageError } from '@iot/server';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CommandError } from '../src/exit-codes.js';
import { AdminApi } from '../src/fleet/admin-api.js';
import { run } from '../src/program.js';

/** What a terminal would obey. */
const CONTROL = /[^\P{Cc}\t]/u;

const COMMANDS = [
  ['ls'],
  ['ls', '--json'],
  ['outages'],
  ['outages', '1', '--json'],
  ['stats'],
  ['send', '1', 'on'],
  ['disconnect', '1'],
  ['tail'],
  ['tail', '--json'],
];

/** A page after the first: what is fuzzed is one answer. */
const LAST_PAGE =
  'HTTP/1.1 200 OK\r\ncontent-length: 24\r\nconnection: close\r\n\r\n{"total":0,"clients":[]}';

it('the answers of an admin interface', async () => {
  let answers: (string | Buffer)[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => void socket.end(answers.shift() ?? LAST_PAGE));
  });
  const url = `http://${HOST}:${await portOf(server)}`;
  await fuzz({ corpus: corpus('answers'), words: WORDS, cases: 60 }, async (bytes) => {
    for (const command of COMMANDS) {
      answers = [bytes];
      const { printed, said } = await outcome([...command, '--url', url]);
      for (const line of said) expect(line, command.join(' ')).not.toMatch(CONTROL);
      if (command.includes('--json')) printed.forEach((line) => void JSON.parse(line));
      else for (const line of printed) expect(line, command.join(' ')).not.toMatch(CONTROL);
    }
  });
});

const WORDS = [
  '\r\n', '\n\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 204 OK\r\n', '403', '999', 'content-length: 0\r\n',
  'transfer-encoding: chunked\r\n', 'location: /\r\n', 'content-encoding: gzip\r\n',
  'content-type: text/event-stream\r\n', '{"clients":', '{"outages":', '"at":"2026-03-01"', '"total":9', 'null', '[]', '{}', '"', '1e999', '-1',
  '{"error":{"code":', '"id":"1"', '\\u001b[2J', '\u009b', 'event: line\n', 'data: ', 'data: null\n\n', '\xff',
]; // prettier-ignore

/** Runs a command until it ends; `tail`, until it would ask again. Fails for an error that is none of the command. */
async function outcome(args: readonly string[]): Promise<{ printed: string[]; said: string[] }> {
  const [printed, said]: string[][] = [[], []];
  const stop = new AbortController();
  const say = (line: string) => {
    said!.push(line);
    if (line.startsWith('the server does not respond')) stop.abort();
  };
  const print = (line: string) => void printed!.push(line);
  const context = { stop: stop.signal, print, write: () => Promise.resolve(), say };
  try {
    await run(args, context);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // It is printed as `printable` has it.
    expect(error.message).not.toBe('');
  }
  return { printed: printed!, said: said! };
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, HOST);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function corpus(name: string): URL {
  return new URL(`corpus/${name}/`, import.meta.url);
}

it('the address and the token of an admin interface', async () => {
  const path = join(temporaryFolder(), 'token');
  // A request is made as `fetch` makes it, and sent nowhere.
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const { headers } = new Request(url, init);
    return Promise.resolve(new Response(headers.get('authorization'), { status: 503 }));
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const words = [
    'http://',
    'https://',
    'me:swordfish@',
    'host',
    ':9123',
    '/',
    '?',
    '#',
    '[::1]',
    '%',
    '\0',
    '\n',
    '\\',
    'é',
  ];
  await fuzz({ corpus: corpus('url'), words }, async (bytes) => {
    const [url = '', token = ''] = bytes.toString().split('\n');
    writeFileSync(path, token);
    try {
      const api = await AdminApi.open({ url, tokenFile: path }, new AbortController().signal);
      await api.get('/clients', 'clients');
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof CommandError)) throw error;
      const { message } = error;
      expect(message).not.toMatch(CONTROL);
      expect(message).not.toContain('TypeError');
      // The place is shown, and nothing else of the URL.
      const { origin = '', pathname = '' } = URL.canParse(url) ? new URL(url) : {};
      if (!`${origin}${pathname}`.includes('swordfish')) expect(message).not.toContain('swordfish');
    }
  });
});
