/** The vectors of docs/PROTOCOL-2.md, against the decoder and two sessions. */
import { DecoderV2, HelloReader, type FrameV2 } from '@iot/framing';
import { Session } from '@iot/qos';
import { expect, it } from 'vitest';
import { readDocument } from '../src/markdown.js';
import { bytes } from '../src/wire.js';

const protocol = readDocument('docs/PROTOCOL-2.md');

const KINDS = 'keepalive|message \\d|unsafe|ack:|opening|end:|malformed';
const lines = [
  ...protocol.text.matchAll(new RegExp(`^\\| \`([^\`]*\\\\n)\` *\\| ((?:${KINDS}).*?) *\\|$`, 'gm')),
];

it('has vectors of every kind of line', () => {
  const kinds = new Set(lines.map(([, , meaning]) => /^\w+/.exec(meaning!)![0]));
  expect([...kinds].sort()).toEqual(['ack', 'end', 'keepalive', 'malformed', 'message', 'opening', 'unsafe']);
  expect(lines).toHaveLength(23);
});

it.each(lines.map(([, written, meaning]) => ({ written: written!, meaning: meaning! })))(
  '$written is $meaning',
  ({ written, meaning }) => {
    const decoder = new DecoderV2(1024);
    decoder.push(bytes(written));
    expect(said(decoder.next()!)).toBe(meaning.replace(/^(malformed[^:]*):.*/, '$1'));
    expect(decoder.next()).toBeUndefined();
  },
);

function said(frame: FrameV2): string {
  switch (frame.type) {
    case 'keepalive':
      return 'keepalive';
    case 'message':
      return `message ${frame.n}, \`${frame.text}\``;
    case 'unsafe':
      return `unsafe, \`${frame.text}\``;
    case 'ack': {
      const { taken, received, window, sent } = frame.standing;
      return `ack: taken ${taken}, received ${received}, window ${window}, sent ${sent}`;
    }
    case 'opening': {
      const { epoch, base, known, taken, received } = frame.opening;
      const record =
        known === undefined ? 'knows nothing' : `knows ${known}: taken ${taken}, received ${received}`;
      return `opening of ${epoch}, base ${base}, ${record}`;
    }
    case 'end': {
      const wait = frame.code === 'busy' ? ` for ${frame.waitMs} ms` : '';
      return `end: ${frame.code}${wait}, \`${frame.text}\``;
    }
    case 'malformed':
      if (frame.n === 'unsafe') return 'malformed unsafe';
      return frame.n === undefined ? 'malformed' : `malformed message ${frame.n}`;
  }
}

const exchanges = protocol.code.filter(({ lang }) => lang === 'wire').map(({ text }) => text.split('\n'));

it('has six exchanges', () => {
  expect(exchanges).toHaveLength(6);
});

it.each(exchanges.map((steps, index) => ({ index, steps })))(
  'exchange $index goes as it is written',
  ({ steps }) => {
    const pair = new Pair(steps[0] === 'server speaks 1' ? 1 : 2);
    for (const step of steps) pair.step(step);
    pair.isQuiet();
  },
);

type Role = 'client' | 'server';

/** A client's and a server's session, and what is on its way between them. */
class Pair {
  readonly #protocol: 1 | 2;
  #now = 0;
  #epochs = 0;
  #sessions: Record<Role, Session>;
  #farewell = '';
  /** Reads the hello of the link, until it is whole. */
  #hello: HelloReader | undefined;

  constructor(protocol: 1 | 2) {
    this.#protocol = protocol;
    this.#sessions = { client: this.#client(), server: this.#session('server', 51) };
    this.#open();
  }

  step(step: string): void {
    const [, who, rest = ''] = /^(client|server)(.*)$/.exec(step) ?? [];
    const role = who as Role;
    const words = /^(, lost)?: (.*)$/.exec(rest);
    if (words) return this.#says(role, words[2]!, words[1] !== undefined);
    const write = /^ writes(?:, (without qos):)? (.*)$/.exec(rest);
    if (write) return void this.#sessions[role].write(write[2]!, { qos: write[1] === undefined });
    const read = /^ reads (.*)$/.exec(rest);
    if (read) return expect(this.#sessions[role].read(), step).toBe(read[1]);
    if (step === 'server speaks 1') return;
    if (step === 'quarter') return this.#later();
    if (step === 'server closes') return this.#close();
    if (step !== 'cut' && step !== 'client restarts') throw new Error(`what is ${JSON.stringify(step)}?`);
    this.isQuiet();
    for (const session of Object.values(this.#sessions)) session.linkClosed(this.#now, 'reset');
    if (step === 'client restarts') this.#sessions.client = this.#client();
    this.#open();
  }

  /** Neither end has more to say. */
  isQuiet(): void {
    expect(this.#output('client')).toBe('');
    if (this.#hello === undefined) expect(this.#output('server')).toBe('');
  }

  #says(role: Role, written: string, lost: boolean): void {
    expect(this.#output(role)).toBe(bytes(written).toString());
    if (lost) return;
    const peer = this.#sessions[role === 'client' ? 'server' : 'client'];
    if (this.#hello === undefined) return peer.receive(bytes(written), this.#now);
    const { id, rest } = this.#hello.push(bytes(written))!;
    expect(id).toBe('board');
    this.#hello = undefined;
    peer.open(this.#now);
    peer.receive(rest, this.#now);
  }

  #output(role: Role): string {
    const session = this.#sessions[role];
    let output = '';
    for (;;) {
      const chunk = session.takeOutput(this.#now);
      if (chunk === undefined) break;
      output += Buffer.from(chunk).toString();
    }
    if (role === 'client') return output;
    const farewell = this.#farewell;
    this.#farewell = '';
    return farewell === '' ? output : farewell;
  }

  #later(): void {
    this.isQuiet();
    this.#now += 375;
  }

  #close(): void {
    const why = { code: 'closed', text: 'bye', waitMs: 0 } as const;
    this.#farewell = Buffer.from(this.#sessions.server.farewell(why, this.#now)!).toString();
    this.#sessions.server.linkClosed(this.#now, 'closed');
  }

  #open(): void {
    this.#hello = new HelloReader(256);
    this.#sessions.client.open(this.#now);
  }

  #client(): Session {
    this.#epochs += 1;
    return this.#session('client', `c${this.#epochs}`);
  }

  #session(role: Role, epoch: string | number): Session {
    return new Session({
      role,
      id: 'board',
      maxUnreadBytes: 4096,
      maxUnreadLines: 256,
      maxLineBytes: 1024,
      drawEpoch: () => String(epoch),
      ...(role === 'server' && { protocol: this.#protocol }),
    });
  }
}
