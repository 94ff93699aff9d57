import { describe, expect, it, vi } from 'vitest';
import { listen, type AuthorizeRequest, type ListenOptions, type Verdict } from '../src/index.js';
import { asking, local } from './asked.js';
import { Board, newcomer, next, turn, withVirtualTime } from './board.js';
import { warnings } from './warnings.js';

withVirtualTime();

describe('authorize', () => {
  it('is asked with the id and the address, and lets in whom it says true of', async () => {
    const authorize = vi.fn((_: AuthorizeRequest) => true);
    await using server = await listen({ ...local, authorize });
    using _board = await Board.up(server, 'board');
    expect(authorize.mock.calls).toEqual([
      [{ id: 'board', address: '127.0.0.1', tls: undefined, signal: expect.any(AbortSignal) as AbortSignal }],
    ]);
    expect(authorize.mock.calls[0]![0].signal.aborted).toBe(false);
  });

  it.each<[string, () => Verdict | Promise<Verdict>, string]>([
    ['false', () => false, 'authorize did not return true'],
    ['a promise of false', () => Promise.resolve(false), 'authorize did not return true'],
    ['a text, which is the reason', () => 'its key was revoked', 'its key was revoked'],
    ['nothing', () => undefined as never, 'authorize did not return true'],
    ['an object', () => ({ ok: true }) as never, 'authorize did not return true'],
    [
      'an exception',
      () => {
        throw new Error('no database');
      },
      'authorize failed: no database',
    ],
    ['a rejection', () => Promise.reject(new Error('no database')), 'authorize failed: no database'],
    [
      'a rejection without a text',
      () => Promise.reject(Object.create(null) as Error),
      'authorize failed: the thrown value cannot be shown as text',
    ],
  ])('refuses with %s', async (_, authorize, detail) => {
    const { logger, fields: warned } = warnings();
    await using server = await listen({ ...local, authorize, logger });
    const refused = next(server, 'refused');
    using board = await Board.dial(server);
    board.says('board\n00line\n');
    expect(await refused).toEqual(['not-authorized', 'board', '127.0.0.1', detail]);
    expect(warned).toEqual([{ id: 'board', reason: 'not-authorized', address: '127.0.0.1', detail }]);
    await board.gone();
    expect(board.heard).toBe('');
    expect(server.has('board')).toBe(false);
  });

  it.each<[string, ListenOptions]>([
    ['authorize says why', { authorize: () => 'its key was revoked' }],
    ['it is not expected', { admit: 'expected' }],
  ])('a client that speaks version 2 is told that it is refused, and not that %s', async (_, options) => {
    await using server = await listen({ ...local, ...options });
    using board = await Board.dial(server);
    board.says('board\n-2\n');
    await board.gone();
    expect(board.heard).toBe("!refused see the server's log\n");
  });

  it('is not asked about an id that is not expected, where only expected ones are admitted', async () => {
    const authorize = vi.fn(() => true);
    await using server = await listen({ ...local, authorize, expected: ['good'], admit: 'expected' });
    const refused = next(server, 'refused');
    using board = await Board.dial(server);
    board.says('bad\n');
    expect(await refused).toEqual(['not-expected', 'bad', '127.0.0.1']);
    using _good = await Board.up(server, 'good');
    expect(authorize).toHaveBeenCalledTimes(1);
  });

  it('keeps the lines of a client back until it has answered, however they are split', async () => {
    const { server, asked } = await asking();
    using board = await Board.dial(server);
    await board.spells('board\n\n00fi');
    await asked.times(1);
    await board.spells('rst\n');
    expect(server.has('board')).toBe(false);
    expect(board.heard).toBe('');
    asked.answer(0, true);
    expect(await (await server.client('board')).readline()).toBe('first');
    await board.hears('00\n');
    board.says('01second\n');
    expect(await server.get('board').readline()).toBe('second');
  });

  it('loses nothing of a client that sends much before it is let in', async () => {
    const { server, asked } = await asking({ maxUnreadLines: 1000, timeout: 60_000 });
    using board = await Board.dial(server);
    board.says('board\n');
    await asked.times(1);
    const lines = Array.from({ length: 90 }, (_, i) => (i + 1).toString(16).padStart(2, '0'));
    board.says(lines.map((id) => `${id}${'x'.repeat(1000)}${id}\n`).join(''));
    for (let turns = 0; turns < 50; turns++) await turn();
    asked.answer(0, true);
    const connection = await server.client('board');
    for (const id of lines) expect(await connection.readline()).toBe('x'.repeat(1000) + id);
  });

  it('leaves the link that the id has alone until it has answered', async () => {
    const { server, asked } = await asking({ onDuplicate: 'takeover' });
    const [dialled] = await Promise.all([
      Board.up(server, 'board'),
      asked.times(1).then(() => asked.answer(0, true)),
    ]);
    using board = dialled;
    using other = await Board.dial(server);
    other.says('board\n');
    await asked.times(2);
    board.says('00still here\n');
    expect(await server.get('board').readline()).toBe('still here');
    const refused = next(server, 'refused');
    asked.answer(1, false);
    expect(await refused).toContain('not-authorized');
    board.says('01and after\n');
    expect(await server.get('board').readline()).toBe('and after');
    expect(server.get('board').connects).toBe(1);
  });

  it('that answers late lets no socket take the link of one that came later', async () => {
    const { server, asked } = await asking({ onDuplicate: 'takeover' });
    using early = await newcomer(server);
    early.says('board\n');
    await asked.times(1);
    using late = await Board.dial(server);
    late.says('board\n\n');
    await asked.times(2);
    asked.answer(1, true);
    await late.hears('\n');
    asked.answer(0, true);
    await early.gone();
    late.says('00still here\n');
    expect(await server.get('board').readline()).toBe('still here');
    expect(server.get('board').connects).toBe(1);
  });

  it('that answers late puts no socket in the place of one that came later and waits for the id', async () => {
    const { server, asked } = await asking({ timeout: 400 });
    const [dialled] = await Promise.all([
      Board.up(server, 'board'),
      asked.times(1).then(() => asked.answer(0, true)),
    ]);
    using _silent = dialled;
    using early = await Board.dial(server);
    early.says('board\n00early\n');
    await asked.times(2);
    using late = await Board.dial(server);
    late.says('board\n00late\n');
    await asked.times(3);
    asked.answer(2, true);
    await turn();
    asked.answer(1, true);
    await early.gone();
    vi.advanceTimersByTime(300);
    expect(await server.get('board').readline()).toBe('late');
  });

  it('that hangs costs only the one who made it hang: it is refused when the time for its hello is over', async () => {
    const { server, asked } = await asking({ timeout: 100 });
    using hostile = await newcomer(server);
    hostile.says('hostile\n');
    await asked.times(1);
    const [dialled] = await Promise.all([
      Board.up(server, 'board'),
      asked.times(2).then(() => asked.answer(1, true)),
    ]);
    using board = dialled;
    board.says('00hi\n');
    expect(await server.get('board').readline()).toBe('hi');
    const refused = next(server, 'refused');
    expect(asked.requests[0]!.signal.aborted).toBe(false);
    vi.advanceTimersByTime(60);
    board.says('01still here\n');
    expect(await server.get('board').readline()).toBe('still here');
    vi.advanceTimersByTime(40);
    expect(await refused).toEqual([
      'not-authorized',
      'hostile',
      '127.0.0.1',
      'authorize did not answer within 100 ms',
    ]);
    expect(asked.requests[0]!.signal.aborted).toBe(true);
    await hostile.gone();
    asked.answer(0, true);
    await turn();
    expect(server.has('hostile')).toBe(false);
    board.says('02and after\n');
    expect(await server.get('board').readline()).toBe('and after');
    expect(server.get('board').connects).toBe(1);
  });

  it.each([
    ['ends in order', (board: Board) => board.socket.end()],
    ['is reset', (board: Board) => board.socket.resetAndDestroy()],
  ])('hears by its signal when the link %s', async (_, leave) => {
    const { server, asked } = await asking();
    using board = await Board.dial(server);
    board.says('board\n');
    await asked.times(1);
    const aborted = new Promise((resolve) => asked.requests[0]!.signal.addEventListener('abort', resolve));
    leave(board);
    await aborted;
    asked.answer(0, true);
    await turn();
    expect(server.has('board')).toBe(false);
  });

  it('hears by its signal when the server is closed', async () => {
    const { server, asked } = await asking();
    using board = await Board.dial(server);
    board.says('board\n');
    await asked.times(1);
    await server.close();
    expect(asked.requests[0]!.signal.aborted).toBe(true);
    await board.gone();
  });

  it('is a function, or listen is refused', async () => {
    await expect(listen({ ...local, authorize: true as never })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: 'authorize must be a function',
    });
  });
});

describe('a server that others can reach', () => {
  const warnedBy = async (options: ListenOptions) => {
    const warned: unknown[][] = [];
    const quiet = () => undefined;
    const warn = (...args: unknown[]) => void warned.push(args);
    await using server = await listen({
      port: 0,
      ...options,
      logger: { debug: quiet, info: quiet, error: quiet, warn },
    });
    using _board = await Board.up(server, 'board');
    using _other = await Board.up(server, 'other');
    return { warned, port: server.address.port };
  };

  it('warns once that nothing proves who comes', async () => {
    const { warned, port } = await warnedBy({});
    expect(warned).toEqual([
      [
        { address: expect.stringMatching(/^(::|0\.0\.0\.0)$/) as string, port },
        expect.stringContaining('anyone who can reach this port can pose as any client') as string,
      ],
    ]);
  });

  it.each([
    ['on loopback alone', { host: '127.0.0.1' }],
    ['with authorize', { authorize: () => true }],
  ])('does not warn %s', async (_, options: ListenOptions) => {
    expect((await warnedBy(options)).warned).toEqual([]);
  });
});
