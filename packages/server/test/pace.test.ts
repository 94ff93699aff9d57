import { expect, it, onTestFinished, vi } from 'vitest';
import { listen } from '../src/index.js';
import { Board, turn, withVirtualTime } from './board.js';

withVirtualTime();

it.each([{ maxLinesPerSecond: 1 }, { maxBytesPerSecond: 1 }])(
  'the program gets the lines of one client at the pace that is allowed, and another client has its own: %j',
  async (pace) => {
    const server = await listen({ port: 0, host: '127.0.0.1', timeout: 60_000, ...pace });
    onTestFinished(() => server.close());
    using fast = await Board.up(server, 'fast');
    using other = await Board.up(server, 'other');
    const read: string[] = [];
    for (const id of ['fast', 'other']) {
      const connection = await server.client(id);
      void (async () => {
        for await (const line of connection) read.push(line);
      })();
    }
    fast.says('00a\n');
    await fast.hears('00\n');
    fast.says('01b\n02c\n');
    await fast.hears('02\n');
    other.says('00of another\n');
    await other.hears('00\n');
    while (read.length < 3) await turn();
    expect(read).toEqual(['a', 'b', 'of another']);
    vi.advanceTimersByTime(1004);
    while (read.length < 4) await turn();
    expect(read.at(-1)).toBe('c');
  },
);
