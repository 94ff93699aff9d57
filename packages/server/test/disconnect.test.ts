import { describe, expect, it } from 'vitest';
import { listen } from '../src/index.js';
import { asking, local } from './asked.js';
import { Board, next } from './board.js';

describe('disconnect', () => {
  it('ends the link of a client and keeps its session: what waits is sent on its next link', async () => {
    await using server = await listen(local);
    using board = await Board.up(server, 'board');
    const connection = server.get('board');
    const down = connection.once('state');
    expect(await server.disconnect('board', 'maintenance')).toBe(true);
    expect(await down).toEqual([false]);
    await board.gone();
    const written = connection.write('later');
    using back = await Board.up(server, 'board');
    await back.hears('00later\n');
    back.says('00\n');
    await written;
    expect(server.get('board')).toBe(connection);
    expect(connection.connects).toBe(2);
  });

  it('says so in the log, with the reason', async () => {
    const warned: unknown[] = [];
    const quiet = () => undefined;
    const warn = (fields: object, message: string) => void warned.push([fields, message]);
    await using server = await listen({
      ...local,
      logger: { debug: quiet, info: quiet, error: quiet, warn },
    });
    using _board = await Board.up(server, 'board');
    await server.disconnect('board', 'revoked');
    expect(warned[0]).toEqual([{ id: 'board', reason: 'revoked' }, 'the client is disconnected']);
  });

  it('is false for a client that has no link, and for one that has never come', async () => {
    await using server = await listen(local);
    expect(await server.disconnect('board', 'revoked')).toBe(false);
    using board = await Board.up(server, 'board');
    const down = server.get('board').once('state');
    board.socket.end();
    await down;
    expect(await server.disconnect('board', 'revoked')).toBe(false);
    await expect(server.disconnect(1 as never, 'revoked')).rejects.toMatchObject({ code: 'ERR_BAD_ID' });
  });

  it('turns away those of the id that were let in before it and have no link yet', async () => {
    await using server = await listen({ ...local, timeout: 60_000, authorize: () => true });
    using board = await Board.up(server, 'board');
    using waiting = await Board.dial(server);
    waiting.says('board\n00from the one that waits\n');
    await board.hears('\n'); // the probe
    const refused = next(server, 'refused');
    await server.disconnect('board', 'revoked');
    expect(await refused).toEqual(['disconnected', 'board', '127.0.0.1', 'revoked']);
    await waiting.gone();
    await board.gone();
    expect(server.get('board').status).toBe(false);
  });

  it('turns away those of the id that authorize has not answered yet', async () => {
    const { server, asked } = await asking();
    using board = await Board.dial(server);
    board.says('board\n');
    using other = await Board.dial(server);
    other.says('other\n');
    await asked.times(2);
    const refused = next(server, 'refused');
    expect(await server.disconnect('board', 'revoked')).toBe(false);
    expect(await refused).toEqual(['disconnected', 'board', '127.0.0.1', 'revoked']);
    await board.gone();
    const at = asked.requests.findIndex(({ id }) => id === 'board');
    expect(asked.requests[at]!.signal.aborted).toBe(true);
    asked.answer(at, true);
    asked.answer(1 - at, true);
    await other.hears('\n');
    expect([...server.clients].map(({ id }) => id)).toEqual(['other']);
  });
});
