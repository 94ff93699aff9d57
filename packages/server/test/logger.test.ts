import { describe, expect, it } from 'vitest';
import { listen, type Logger } from '../src/index.js';
import { Board } from './board.js';
import { warnings } from './warnings.js';

describe('the logger of a server', () => {
  it('hears of each board that comes and goes, and of those turned away, and of no line', async () => {
    const heard: unknown[][] = [];
    const note = (level: string) => (fields: object, message: string) =>
      void heard.push([level, fields, message]);
    const logger: Logger = {
      debug: note('debug'),
      info: note('info'),
      warn: note('warn'),
      error: note('error'),
    };
    await using server = await listen({
      port: 0,
      host: '127.0.0.1',
      admit: 'expected',
      expected: ['1'],
      logger,
    });
    using board = await Board.up(server, '1');
    board.says('00a secret\n');
    expect(await server.get('1').readline()).toBe('a secret');
    const down = new Promise((resolve) => server.get('1').on('state', resolve));
    board.socket.end();
    await down;
    using stranger = await Board.dial(server);
    stranger.says('9\n');
    await stranger.gone();
    expect(heard.filter(([level]) => level !== 'debug')).toEqual([
      ['info', { id: '1' }, 'the link is up'],
      ['warn', { id: '1', reason: 'fin' }, 'the link is down'],
      ['warn', { id: '9', reason: 'not-expected', address: '127.0.0.1' }, 'a newcomer was turned away'],
    ]);
    expect(JSON.stringify(heard)).not.toContain('secret');
  });

  it('is told when two boards have one id', async () => {
    const { logger, fields: warned } = warnings();
    await using server = await listen({ port: 0, host: '127.0.0.1', onDuplicate: 'reject', logger });
    using _board = await Board.up(server, '1');
    using second = await Board.dial(server);
    second.says('1\n');
    await second.gone();
    expect(warned).toEqual([
      { id: '1', address: '127.0.0.1' },
      { id: '1', reason: 'duplicate', address: '127.0.0.1' },
    ]);
  });

  it('without the methods is refused', async () => {
    await expect(listen({ port: 0, logger: {} as Logger })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  });
});
