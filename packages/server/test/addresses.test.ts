import { describe, expect, it } from 'vitest';
import { listen, type ListenOptions } from '../src/index.js';
import { Board, next } from './board.js';
import { warnings } from './warnings.js';

/** On all interfaces the operating system gives the address of a board as `::ffff:127.0.0.1`. */
const everywhere = (more: ListenOptions = {}) => listen({ port: 0, ...more });

describe('a board that came by IPv4 to a server on all interfaces is shown with its IPv4 address', () => {
  it('by its connection', async () => {
    await using server = await everywhere();
    using _board = await Board.up(server, 'board');
    expect(server.get('board').remoteAddress).toBe('127.0.0.1');
  });

  it('when it is refused for its id', async () => {
    await using server = await everywhere({ admit: 'expected' });
    const refused = next(server, 'refused');
    using board = await Board.dial(server);
    board.says('board\n');
    expect(await refused).toEqual(['not-expected', 'board', '127.0.0.1']);
  });

  it('when it is refused since there are too many', async () => {
    await using server = await everywhere({ maxConnections: 1 });
    using _first = await Board.up(server, 'first');
    const refused = next(server, 'refused');
    using _second = await Board.dial(server);
    expect(await refused).toEqual(['too-many-connections', undefined, '127.0.0.1']);
  });

  it('when another one has its id, in the event and in the log', async () => {
    const { logger, fields: logged } = warnings();
    await using server = await everywhere({ onDuplicate: 'reject', logger });
    const duplicate = new Promise((resolve) => server.on('duplicate', (...args) => resolve(args)));
    using _first = await Board.up(server, 'board');
    using second = await Board.dial(server);
    second.says('board\n');
    expect(await duplicate).toEqual(['board', '127.0.0.1']);
    expect(logged).toContainEqual({ id: 'board', address: '127.0.0.1' });
  });
});
