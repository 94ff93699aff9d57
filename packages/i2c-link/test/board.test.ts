import { ClosedError, LinkError } from '@iot/framing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBoard, type Board, type BoardOptions } from '../src/board/index.js';
import type { I2cSlave } from '../src/channel/ports.js';
import { MemoryBus } from '../src/testing/index.js';
import { PlayedResponder } from './played.js';
import { VirtualTime } from './virtual-time.js';

const CONFIG = '["board",8123,"10.0.0.1",1500,0,"","","cfg"]';

let time: VirtualTime;
let bus: MemoryBus;
let responder: PlayedResponder;
let board: Board;

function open(more: Partial<BoardOptions> = {}): Board {
  const hardware = { ...bus.initiator, reset: { pin: bus.initiator.reset } };
  board = openBoard({ id: 'board', host: '10.0.0.1', ...hardware, clock: time, ...more });
  return board;
}

/** Its present run is the `count`th, and has got the configuration. */
const configured = (count = 1) =>
  time.until(() => responder.runs.length === count && responder.now.heard.startsWith(`${CONFIG}\n`));

/** In its present run it hears these lines and no others; the last edge of a line comes after the write has settled. */
async function heard(...lines: string[]): Promise<void> {
  await time.until(() => responder.runs.length > 0 && responder.now.lines.length >= lines.length);
  expect(responder.now.lines).toEqual(lines);
}

/** Notes what is told. */
function told(): string[] {
  const events: string[] = [];
  board.on('state', (up) => void events.push(up ? 'up' : 'down'));
  board.on('peerError', (error) => void events.push(error.code));
  board.on('close', () => void events.push('close'));
  return events;
}

beforeEach(() => {
  time = new VirtualTime();
  bus = new MemoryBus({ clock: time });
  responder = new PlayedResponder(bus, time);
});
afterEach(async () => {
  await time.settled(board.close());
});

describe('a board', () => {
  it('resets its responder, sends the configuration and then the lines that were waiting', async () => {
    open({ id: 'board\n', ssid: 'net', password: 'secret', port: 9000, timeout: 2000, reportSeconds: 10 });
    const written = [board.write('one'), board.write('two', { wait: false }), board.write('', {})];
    await time.settled(Promise.all(written));
    await heard('["board",9000,"10.0.0.1",2000,10,"net","secret","cfg"]', '3one', '2two');
    expect(board.id).toBe('board');
    expect(responder.resets).toBe(1);
  });

  it("is up while the responder's link to the server is", async () => {
    const server: boolean[] = [];
    open({ serverOk: (up) => void server.push(up) });
    const events = told();
    const ready = board.ready();
    await configured();
    expect([board.status, board.remoteAddress]).toEqual([false, 'i2c:responder']);
    responder.now.says('u');
    await time.settled(ready);
    responder.now.says('d', 'u');
    await time.until(() => board.connects === 2);
    expect(events).toEqual(['up', 'down', 'up']);
    expect(server).toEqual([true, false, true]);
  });

  it('has its next event waited for, and its end', async () => {
    open();
    const message = 'there is no event up: the events are state, close, peerError';
    expect(() => board.on('up' as 'state', () => undefined)).toThrow(message);
    const up = board.once('state');
    await configured();
    responder.now.says('u');
    expect(await time.settled(up)).toEqual([true]);
    await time.settled(board.close(new Error('no more')));
    expect(await board.closed).toEqual(new Error('no more'));
  });

  it('reads lines, in loops and one by one, and reports', async () => {
    const reports: object[] = [];
    open({ reportSeconds: 1, report: (report) => void reports.push(report) });
    await time.until(() => responder.runs.length === 1);
    responder.now.says('nhello', 'r[1, 0, 20000]', `n${'é'.repeat(500)}`);
    expect(await time.settled(board.readline())).toBe('hello');
    expect(await time.settled(board.readline())).toBe('é'.repeat(500));
    expect(reports).toEqual([{ connects: 1, count: 0, freeMemory: 20000 }]);
    expect(board.stats).toMatchObject({ received: 2 });
  });

  it('drops a line that is not a message, says so, and goes on', async () => {
    open();
    const events = told();
    await configured();
    responder.now.says('what?', 'r{}', 'nhello');
    expect(await time.settled(board.readline())).toBe('hello');
    expect(events).toEqual(['ERR_BAD_FRAME', 'ERR_BAD_FRAME']);
  });

  it('holds the responder off while its lines are not read, and misses no keepalive meanwhile', async () => {
    open({ maxUnreadLines: 2 });
    await configured();
    responder.now.says('k', ...Array.from({ length: 20 }, (_, i) => `n${i}`));
    await time.advance(60_000);
    expect(responder.resets).toBe(1);
    expect(board.stats.received).toBe(2);
    const lines: string[] = [];
    while (lines.length < 20) lines.push(await time.settled(board.readline()));
    expect(lines).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    expect(board.stats.received).toBe(20);
  });

  it('closes in order: what was written still reaches the responder', async () => {
    open();
    await configured();
    const written = board.write('last words');
    await time.settled(Promise.all([expect(written).rejects.toBeInstanceOf(ClosedError), board.close()]));
    await time.until(() => responder.now.ended);
    expect(bus.level('syn')).toBe(1);
    expect(time.armed).toBe(0);
  });

  it('has what was written taken before it leaves the scope of await using', async () => {
    open();
    await configured();
    const written = board.write('last words');
    await time.settled(board[Symbol.asyncDispose]());
    await written;
    expect(responder.now.lines).toContain('3last words');
  });

  it('leaves the scope of await using after closeTimeoutMs, and warns of the lines that it drops', async () => {
    bus.stick('ack', 1);
    const warned: object[] = [];
    const quiet = () => undefined;
    const logger = {
      debug: quiet,
      info: quiet,
      error: quiet,
      warn: (fields: object) => void warned.push(fields),
    };
    open({ closeTimeoutMs: 700, logger });
    const written = board.write('never taken');
    await time.settled(board[Symbol.asyncDispose]());
    expect(time.now()).toBe(700);
    await expect(written).rejects.toBeInstanceOf(ClosedError);
    expect(warned).toEqual([{ id: 'board', writes: 1, closeTimeoutMs: 700 }]);
  });

  it('closes while it synchronises, and before', async () => {
    bus.stick('ack', 1);
    open();
    const ready = board.ready();
    await time.advance(5000);
    await time.settled(board.close());
    await expect(ready).rejects.toBeInstanceOf(ClosedError);
    await time.settled(open().close());
    expect(bus.level('syn')).toBe(1);
  });

  it('closes while it resets its responder, which is not left in reset', async () => {
    open();
    await time.advance(100);
    expect(bus.level('reset')).toBe(0);
    await time.settled(board.close());
    expect(bus.level('reset')).toBe(1);
  });

  it.each<[Partial<BoardOptions>, string]>([
    [{ id: '' }, 'ERR_BAD_ID'],
    [{ host: '' }, 'ERR_BAD_OPTION'],
    [{ port: 0 }, 'ERR_BAD_OPTION'],
    [{ timeout: 50 }, 'ERR_BAD_OPTION'],
    [{ exchangeIntervalMs: -1 }, 'ERR_BAD_OPTION'],
    [{ maxUnreadLines: 0 }, 'ERR_BAD_OPTION'],
    [{ closeTimeoutMs: -1 }, 'ERR_BAD_OPTION'],
    [{ logger: {} as never }, 'ERR_BAD_OPTION'],
    [{ badWifi: 1 as never }, 'ERR_BAD_OPTION'],
  ])('is not made with %o', (wrong, code) => {
    open();
    expect(() =>
      openBoard({ id: 'x', host: 'y', ...bus.initiator, reset: undefined, clock: time, ...wrong }),
    ).toThrow(expect.objectContaining({ code }));
  });
});

describe('a responder that fails', () => {
  it('is reset 4 s after its last keepalive, gets the configuration, and then the lines that were waiting', async () => {
    open();
    const events = told();
    await configured();
    responder.now.says('u', 'k');
    await time.until(() => board.status);
    const from = time.now();
    await time.until(() => responder.resets === 2);
    expect(time.now() - from).toBeGreaterThanOrEqual(4000);
    expect(time.now() - from).toBeLessThan(4500);
    expect(board.status).toBe(false);
    const written = Promise.all([board.write('one'), board.write('two')]);
    await time.settled(written);
    expect(responder.runs).toHaveLength(2);
    await heard(CONFIG, '3one', '3two');
    responder.now.says('u');
    await time.settled(board.ready());
    expect(events).toEqual(['up', 'down', 'up']);
  });

  it('is not reset while it has sent no keepalive, however long that takes', async () => {
    open();
    await configured();
    await time.advance(600_000);
    responder.now.says('u');
    await time.until(() => board.status);
    await time.advance(600_000);
    expect(responder.resets).toBe(1);
  });

  it('is reset when a transfer fails; a line that it had in part is sent again whole', async () => {
    open();
    await configured();
    const written = board.write('x'.repeat(500));
    await time.until(() => responder.now.heard.length > CONFIG.length + 200);
    bus.failNextTransfer();
    await time.settled(written);
    expect(responder.runs).toHaveLength(2);
    expect(responder.runs[0]!.lines).toEqual([CONFIG]);
    await heard(CONFIG, `3${'x'.repeat(500)}`);
    expect(board.stats).toMatchObject({ sent: 1, retransmitted: 1 });
  });

  it('is never sent again a line that it took', async () => {
    open();
    await configured();
    await time.settled(board.write('once'));
    bus.failNextTransfer();
    await configured(2);
    await time.settled(board.write('then'));
    await heard(CONFIG, '3then');
  });

  it('closes the board when there is no wire to reset it', async () => {
    open({ reset: undefined });
    const closed = new Promise((resolve) => board.on('close', resolve));
    await configured();
    expect(() => board.reboot()).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }));
    const ready = board.ready();
    bus.failNextTransfer();
    await time.settled(closed);
    expect(await closed).toBeInstanceOf(LinkError);
    expect(await closed).toMatchObject({
      code: 'ERR_LINK_LOST',
      message: expect.stringContaining('no wire to reset') as string,
    });
    await expect(ready).rejects.toMatchObject({ code: 'ERR_CLOSED', cause: await closed });
  });

  it('is reset when the application says so', async () => {
    open();
    await configured();
    board.reboot();
    await configured(2);
    expect(responder.resets).toBe(2);
    bus.stick('ack', 1);
    board.reboot();
    await time.advance(10_000);
    expect(responder.resets).toBe(3);
    board.reboot();
    bus.release('ack');
    await time.until(() => responder.resets === 4);
    await heard(CONFIG);
  });

  it('is tried once a second while the bus cannot be used at all', async () => {
    let attempts = 0;
    const broken: BoardOptions['syn'] = {
      ...bus.initiator.syn,
      write: () => {
        attempts += 1;
        throw new Error('the line does not exist');
      },
    };
    open({ syn: broken });
    await time.advance(30_000);
    expect(attempts).toBeGreaterThan(10);
    expect(attempts).toBeLessThan(100);
  });

  it('has one transfer at a time, although its hardware takes 3 s to give one up', async () => {
    const { slave } = bus.initiator;
    let transfers = 0;
    let most = 0;
    const lazy = async <T>(transfer: () => Promise<T>): Promise<T> => {
      most = Math.max(most, ++transfers);
      try {
        return await transfer();
      } catch (error) {
        await new Promise<void>((resolve) => void time.at(time.now() + 3000, resolve));
        throw error;
      } finally {
        transfers -= 1;
      }
    };
    open({
      slave: {
        send: (bytes, signal) => lazy(() => slave.send(bytes, signal)),
        receive: (length, signal) => lazy(() => slave.receive(length, signal)),
      },
    });
    await configured();
    bus.stick('syn', 0);
    await time.until(() => transfers === 1);
    board.reboot();
    bus.release('syn');
    await configured(2);
    expect(most).toBe(1);
  });

  it('is reset when the slave can send nothing', async () => {
    const deaf: I2cSlave = {
      send: () => Promise.reject(new Error('no slave')),
      receive: () => Promise.reject(new Error('no slave')),
    };
    open({ slave: deaf });
    await time.until(() => responder.resets === 3);
    expect(board.status).toBe(false);
  });
});

describe.each([
  ['badWifi', 'b', 'ERR_NETWORK'],
  ['badServer', 's', 'ERR_CONNECT'],
] as const)('the hook %s', (hook, header, code) => {
  it('rejects by default, which closes the board', async () => {
    open();
    const ready = board.ready();
    await configured();
    responder.now.says(header);
    await time.settled(ready.catch(() => undefined));
    await expect(ready).rejects.toMatchObject({
      code: 'ERR_CLOSED',
      cause: expect.objectContaining({ code }) as unknown,
    });
    await time.advance(10_000);
    expect(responder.resets).toBe(1);
  });

  it('resets the responder when it resolves, and counts the attempts until the link is up', async () => {
    const attempts: unknown[] = [];
    open({
      [hook]: (error: LinkError, { attempt }: { attempt: number }) =>
        void attempts.push([error.code, attempt]),
    });
    for (let run = 1; run <= 3; run++) {
      await configured(run);
      if (run === 3) responder.now.says('u');
      responder.now.says(header);
    }
    await configured(4);
    expect(attempts).toEqual([
      [code, 1],
      [code, 2],
      [code, 1],
    ]);
  });

  it('is asked while the responder is left alone, and is not waited for by close', async () => {
    let told: AbortSignal | undefined;
    open({
      [hook]: (_: LinkError, { signal }: { signal: AbortSignal }) => {
        told = signal;
        return new Promise(() => undefined);
      },
    });
    await configured();
    responder.now.says(header);
    await time.until(() => told !== undefined);
    await time.advance(60_000);
    expect([responder.resets, told?.aborted]).toEqual([1, false]);
    await time.settled(board.close());
    expect(told?.aborted).toBe(true);
  });

  it('cannot help where there is no wire to reset the responder', async () => {
    open({ reset: undefined, [hook]: () => undefined });
    const closed = new Promise((resolve) => board.on('close', resolve));
    await configured();
    responder.now.says(header);
    expect(await time.settled(closed)).toMatchObject({ code: 'ERR_LINK_LOST' });
  });
});
