/** The vectors of docs/PROTOCOL.md, against the decoder, a session and a server. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Decoder, type Frame } from '@iot/framing';
import { Session } from '@iot/qos';
import { listen } from '@iot/server';
import { expect, it } from 'vitest';
import { readDocument } from '../src/markdown.js';
import { bytes } from '../src/wire.js';

const protocol = readDocument('docs/PROTOCOL.md');

const row = (cells: string) => new RegExp(`^\\| ${cells} *\\|$`, 'gm');

const lines = [
  ...protocol.text.matchAll(row('`([^`]*\\\\n)` *\\| ((?:keepalive|ack|message \\d|malformed).*?)')),
]
  // Section 1 has the same table in general terms.
  .filter(([, written]) => !written!.startsWith('HH'));

it('has vectors of every kind of line', () => {
  const kinds = new Set(lines.map(([, , meaning]) => /^\w+/.exec(meaning!)![0]));
  expect([...kinds].sort()).toEqual(['ack', 'keepalive', 'malformed', 'message']);
  expect(lines).toHaveLength(13);
});

it.each(lines.map(([, written, meaning]) => ({ written: written!, meaning: meaning! })))(
  '$written is $meaning',
  ({ written, meaning }) => {
    const decoder = new Decoder(1024);
    decoder.push(bytes(written));
    expect(said(decoder.next()!)).toMatch(meaning.replace(/^malformed: .*/, 'malformed'));
    expect(decoder.next()).toBeUndefined();
  },
);

function said(frame: Frame): string {
  const shown = new Map([
    [' ', 'one space'],
    ['\r', 'a carriage return'],
  ]);
  if (frame.type === 'ack') return `ack of ${frame.id}`;
  if (frame.type === 'message') return `message ${frame.id}, ${shown.get(frame.text) ?? `\`${frame.text}\``}`;
  return frame.type;
}

it('numbers messages as its table says', () => {
  const cells = (row: RegExp) =>
    row
      .exec(protocol.text)![1]!
      .split('|')
      .map((it) => it.trim());
  const [ns, written] = [cells(/^\| message +\|( 0 .*)\|$/m), cells(/^\| id +\|( `00`.*)\|$/m)];
  const wanted = ns.map((n, index) => [Number(n), written[index]!.replaceAll('`', '')]);

  const session = new Session({ role: 'client', id: 'x' });
  session.open(0);
  session.receive(bytes('\\n'), 0);
  const output = () => Buffer.from(session.takeOutput(0) ?? []).toString();
  while (output() !== '');
  const ids: string[] = [];
  for (let n = 0; n < 512; n += 1) {
    session.write('hi');
    ids.push(output().slice(0, 2));
    session.receive(bytes(`${ids[n]!}\\n`), 0);
  }
  expect(wanted).toHaveLength(8);
  expect(wanted.map(([n]) => [n, ids[Number(n)]])).toEqual(wanted);
});

it('the conversation goes as it is written', async () => {
  await using server = await listen({ port: 0, host: '127.0.0.1', timeout: 60_000 });
  server.on('client', (board) => {
    void (async () => {
      for await (const line of board) void board.write(`got ${line}`);
    })();
  });
  const [conversation, ...others] = protocol.code.filter(({ lang }) => lang === 'wire');
  expect(others).toEqual([]);

  let link: Link | undefined;
  for (const step of conversation!.text.split('\n')) {
    const [who, written] = step.split(': ');
    if (who === 'cut') link = await link?.cut();
    else if (who === 'client') (link ??= new Link(server.address.port)).socket.write(bytes(written!));
    else expect(await link!.next()).toBe(bytes(written!).toString());
  }
  await link?.cut();
});

/** The client's end of one link, played by hand. */
class Link {
  readonly socket: Socket;
  #chunks: AsyncIterator<Buffer>;
  #unread = '';
  /** Keepalives come at any time; the first is the server's word that it is there. */
  #greeted = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.#chunks = this.socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** The next line of the server. */
  async next(): Promise<string> {
    for (;;) {
      const end = this.#unread.indexOf('\n') + 1;
      if (end === 0) this.#unread += String((await this.#chunks.next()).value);
      else {
        const line = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end);
        const first = !this.#greeted;
        this.#greeted = true;
        if (line !== '\n' || first) return line;
      }
    }
  }

  async cut(): Promise<undefined> {
    const closed = once(this.socket, 'close');
    this.socket.resetAndDestroy();
    await closed;
  }
}
