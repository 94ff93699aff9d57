import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { BoardSession, SILENCE_MS, type BoardEvent } from '../src/board/session.js';

const limits = { maxLineBytes: 64, maxUnreadLines: 3, maxUnreadBytes: 40 };
const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const utf8 = (line: string) => new TextEncoder().encode(line);

let session: BoardSession;
beforeEach(() => {
  session = new BoardSession({ config: '["cfg"]', ...limits });
});

/** What goes out, each piece taken whole by the responder; and the events. */
function exchange(): { out: string[]; events: BoardEvent[] } {
  const out: string[] = [];
  for (let bytes = session.takeOutput(); bytes !== undefined; bytes = session.takeOutput()) {
    out.push(text(bytes)!);
    session.taken(bytes.length);
  }
  return { out, events: [...session.takeEvents()] };
}

const says = (line: string, now = 0) => session.receive(utf8(line), now);
const types = () => session.takeEvents().map(({ type }) => type);

describe('what a board sends', () => {
  it('is the configuration first, then the lines that were waiting, in order', () => {
    const tickets = [session.write('one', {}), session.write('two', { qos: false, wait: false })];
    expect(session.takeOutput()).toBeUndefined();
    session.open();
    const { out, events } = exchange();
    expect(out).toEqual(['["cfg"]\n', '3one\n', '0two\n']);
    expect(events).toEqual(tickets.map((ticket) => ({ type: 'settled', ticket })));
  });

  it('is one line at a time, settled when all its bytes were taken', () => {
    session.open();
    exchange();
    const ticket = session.write('hello', {});
    session.write('next', {});
    expect(text(session.takeOutput())).toBe('3hello\n');
    expect(session.takeOutput()).toBeUndefined();
    session.taken(6);
    expect(session.takeEvents()).toEqual([]);
    expect(session.takeOutput()).toBeUndefined();
    session.taken(1);
    expect(session.takeEvents()).toEqual([{ type: 'settled', ticket }]);
    expect(text(session.takeOutput())).toBe('3next\n');
  });

  it('is unsent until it has been on a channel, of which a part may have arrived', () => {
    const tickets = [session.write('one', {}), session.write('two', {}), session.write('three', {})];
    session.open();
    session.taken(session.takeOutput()!.length);
    session.takeOutput();
    session.withdraw(tickets[2]!);
    session.linkClosed();
    expect(tickets.map((ticket) => session.isUnsent(ticket))).toEqual([false, true, false]);
  });

  it('is the configuration again after each synchronisation, and a line again that was not wholly taken', () => {
    session.open();
    exchange();
    session.write('whole', {});
    session.write('half', {});
    session.taken(session.takeOutput()!.length);
    session.takeOutput();
    session.taken(3);
    session.linkClosed();
    expect(session.takeOutput()).toBeUndefined();
    session.open();
    expect(exchange().out).toEqual(['["cfg"]\n', '3half\n']);
    expect(session.stats).toMatchObject({ sent: 2, retransmitted: 1 });
  });

  it('is not a line that was withdrawn, nor again one that was withdrawn on its way', () => {
    session.open();
    exchange();
    session.withdraw(session.write('never', {}));
    const ticket = session.write('once', {});
    expect(text(session.takeOutput())).toBe('3once\n');
    session.withdraw(ticket);
    session.withdraw(ticket);
    session.linkClosed();
    session.open();
    expect(exchange().out).toEqual(['["cfg"]\n']);
  });

  it('is counted by kind while it is not on its way', () => {
    const kinds = [{}, { wait: false }, { qos: false }, { qos: false, wait: false }];
    for (const flags of kinds) session.write('x', flags);
    expect(kinds.map((flags) => session.unsent(flags))).toEqual([1, 1, 2, 2]);
    session.open();
    session.taken(session.takeOutput()!.length);
    session.takeOutput();
    expect(session.unsent({})).toBe(0);
    session.linkClosed();
    expect(session.unsent({})).toBe(1);
    session.open();
    exchange();
    expect(kinds.map((flags) => session.unsent(flags))).toEqual([0, 0, 0, 0]);
  });

  it('arrives once and in order, however channels end', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 9 }) }) },
      { weight: 2, arbitrary: fc.constant('write' as const) },
      { weight: 1, arbitrary: fc.constant('fail' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        session = new BoardSession({ config: 'cfg', ...limits });
        const written: string[] = [];
        const settled: number[] = [];
        /** The responder: keeps whole lines, and drops what is half when the channel ends. */
        let heard: string[] = [];
        let half = '';
        let out = '';
        session.open();
        for (const it of steps) {
          if (it === 'write') session.write(written[written.push(`line ${written.length}`) - 1]!, {});
          else if (it === 'fail') {
            session.linkClosed();
            session.open();
            half = out = '';
          } else {
            out ||= text(session.takeOutput()) ?? '';
            const taken = out.slice(0, it.take);
            out = out.slice(it.take);
            if (taken !== '') session.taken(taken.length);
            half += taken;
            if (half.endsWith('\n')) heard.push(half.slice(0, -1));
            if (half.endsWith('\n')) half = '';
          }
          for (const event of session.takeEvents()) if (event.type === 'settled') settled.push(event.ticket);
        }
        heard = heard.filter((line) => line !== 'cfg');
        expect(heard).toEqual(written.slice(0, heard.length).map((line) => `3${line}`));
        expect(settled).toHaveLength(heard.length);
      }),
    );
  });
});

describe('what comes to a board', () => {
  beforeEach(() => {
    session.open();
    exchange();
  });

  it('is lines in order, whatever the pieces', () => {
    const bytes = utf8('nhé\nu\nnyou\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      session.receive(bytes.slice(0, cut), 0);
      session.receive(bytes.slice(cut), 0);
      expect([session.read(0), session.read(0), session.read(0)]).toEqual(['hé', 'you', undefined]);
    }
    expect(session.stats.received).toBe(2 * (bytes.length + 1));
  });

  it('is dropped when half of it came before a new synchronisation', () => {
    says('nhal');
    session.linkClosed();
    session.open();
    says('nwhole\n');
    expect(session.read(0)).toBe('whole');
    expect(session.unread).toBe(0);
  });

  it('is the link to the server, up or down, told once', () => {
    says('u\nu\n');
    expect(session.up).toBe(true);
    expect(types()).toEqual(['up']);
    says('d\nd\n');
    expect(session.up).toBe(false);
    expect(session.takeEvents()).toEqual([{ type: 'down', reason: 'fin', wasUp: true }]);
    says('u\n');
    session.linkClosed();
    expect(session.up).toBe(false);
    expect(session.takeEvents()).toEqual([{ type: 'up' }, { type: 'down', reason: 'reset', wasUp: true }]);
    expect(session.stats.outages).toBe(2);
  });

  it('is a report, or that the responder has stopped', () => {
    says('r[1, 2, 3]\n');
    says('b\n');
    says('s\n');
    expect(session.takeEvents()).toEqual([
      { type: 'report', report: { connects: 1, count: 2, freeMemory: 3 } },
      { type: 'stopped', why: 'no-wifi' },
      { type: 'stopped', why: 'no-server' },
    ]);
  });

  it('is reported and dropped when it is nothing that a responder says', () => {
    says('?what\n');
    session.receive(Uint8Array.of(0x6e, 0xff, 0x0a), 0);
    says(`n${'x'.repeat(65)}\n`);
    says(`n${'x'.repeat(64)}\n`);
    expect(session.takeEvents()).toEqual(
      ['ERR_BAD_FRAME', 'ERR_BAD_UTF8', 'ERR_LINE_TOO_LONG'].map((code) => ({
        type: 'peer-error',
        error: expect.objectContaining({ code }) as unknown,
      })),
    );
    expect(session.stats.protocolErrors).toBe(3);
    expect(session.read(0)).toBe('x'.repeat(64));
  });

  it('holds the responder off from the limit of unread lines, or of their bytes, on', () => {
    says('na\nnb\n');
    expect(session.hold).toBe(false);
    says('nc\n');
    expect(session.hold).toBe(true);
    session.read(0);
    expect(session.hold).toBe(false);
    says(`n${'é'.repeat(20)}\n`);
    while (session.unread > 1) session.read(0);
    expect(session.hold).toBe(true);
    session.read(0);
    expect(session.hold).toBe(false);
  });
});

describe('the keepalives of a responder', () => {
  beforeEach(() => {
    session.open();
    exchange();
  });

  it('are not missed before the first has come, however long that takes', () => {
    says('u\n', 1000);
    says('nhello\n', 2000);
    session.read(2000);
    expect(session.nextDeadline()).toBe(Infinity);
    session.tick(1e9);
    expect(types()).toEqual(['up']);
  });

  it('are missed 4 s after the last one, at the second look', () => {
    says('k\n', 1000);
    says('k\n', 3000);
    expect(session.nextDeadline()).toBe(3000 + SILENCE_MS);
    session.tick(6999);
    expect(types()).toEqual(['keepalive', 'keepalive']);
    session.tick(7000);
    expect(types()).toEqual([]);
    expect(session.nextDeadline()).toBe(7000);
    session.tick(7000);
    expect(types()).toEqual(['silent']);
    expect(session.nextDeadline()).toBe(Infinity);
  });

  it('are not missed when one came between the two looks', () => {
    says('k\n', 0);
    session.tick(4000);
    says('k\n', 4000);
    session.tick(4000);
    expect(types()).toEqual(['keepalive', 'keepalive']);
    session.tick(8000);
    session.tick(8000);
    expect(types()).toEqual(['silent']);
  });

  it('are counted again when this process was too busy to watch', () => {
    says('k\n', 0);
    session.tick(60_000);
    session.tick(60_000);
    expect(types()).toEqual(['keepalive']);
    expect(session.nextDeadline()).toBe(64_000);
  });

  it('may wait for the end of a long line', () => {
    says('k\n', 0);
    says('nbeg', 3000);
    expect(session.nextDeadline()).toBe(7000);
  });

  it('are not missed while the responder is held off, and are counted from the end of that on', () => {
    says('k\n', 0);
    says('na\nnb\nnc\n', 1000);
    expect(session.nextDeadline()).toBe(Infinity);
    session.tick(100_000);
    session.read(100_000);
    expect(session.nextDeadline()).toBe(104_000);
  });

  it('are waited for again after a synchronisation, and not any more once the responder has stopped', () => {
    says('k\n', 0);
    session.linkClosed();
    session.open();
    expect(session.nextDeadline()).toBe(Infinity);
    says('k\ns\n', 1000);
    expect(session.nextDeadline()).toBe(Infinity);
  });
});
