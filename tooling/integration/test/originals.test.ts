/**
 * Our ends with models of the originals over real sockets (PROTOCOL.md, Kindness to an original). What cannot be had is
 * forgiven and nothing else: an original may deliver the first line of a sender twice.
 */
import { numbered, take } from '@iot/vitest-config/lines';
import { connect } from '@iot/client';
import { startFaultProxy } from '@iot/fault-proxy';
import { OriginalClient, OriginalServer } from '@iot/reference-models';
import { listen } from '@iot/server';
import { describe, expect, it } from 'vitest';
import { Board, runClient, runServer } from '@iot/reference-models/sockets';

const TIMEOUT = 500;
/** For links that must last, on a machine that is busy. */
const LONG_TIMEOUT = 10_000;
const HOST = '127.0.0.1';

/** The first line may have come again. */
function withoutFirstAgain(lines: readonly string[]): string[] {
  return lines.filter((line, index) => index === 0 || line !== lines[0]);
}

describe.each([
  ['at HEAD', {}],
  ['as it was in 2019', { resendMs: 1000, keepaliveMs: TIMEOUT / 2 }],
])('an original client %s and our server', (_, age) => {
  it('pass every line once and in order, both ways, through links that are reset', async () => {
    await using server = await listen({ port: 0, host: HOST, timeout: TIMEOUT });
    await using proxy = await startFaultProxy({ to: { host: HOST, port: server.address.port } });
    const stop = new AbortController();
    const board = new Board(
      new OriginalClient({ id: 'board', timeoutMs: TIMEOUT, reconnectDelayMs: 20, ...age }),
    );
    const running = runClient(board, proxy.port, stop.signal);
    const connection = await server.client('board');

    const [up, down] = [numbered('up', 60), numbered('down', 60)];
    let sentUp = 0;
    const writing = (async () => {
      for (const line of up) {
        await board.write(line);
        sentUp += 1;
        if (sentUp % 20 === 10) proxy.cut('rst');
      }
    })();
    for (const line of down) void connection.write(line);

    expect(await take(connection, up.length)).toEqual(up);
    await connection.drain();
    await writing;
    expect(withoutFirstAgain(await board.reads(down.length))).toEqual(down);
    expect(board.machine.readerDead).toBe(false);
    expect(connection.stats.outages).toBeGreaterThanOrEqual(3);
    stop.abort();
    await running;
  });

  it('does not overflow its queue of 20, however much is written without waiting', async () => {
    await using server = await listen({ port: 0, host: HOST, timeout: LONG_TIMEOUT });
    const stop = new AbortController();
    const board = new Board(new OriginalClient({ id: 'board', timeoutMs: LONG_TIMEOUT, ...age }));
    const running = runClient(board, server.address.port, stop.signal);
    const connection = await server.client('board');
    const down = numbered('down', 200);
    await Promise.all(down.map((line) => connection.write(line, { wait: false })));
    expect(new Set(await board.reads(down.length))).toEqual(new Set(down));
    expect(board.delivered).toHaveLength(down.length);
    expect(connection.connects).toBe(1);
    stop.abort();
    await running;
  });
});

describe('our client and an original server', () => {
  it('pass every line once and in order, both ways, through links that are reset', async () => {
    const board = new Board(new OriginalServer({ timeoutMs: TIMEOUT, random: Math.random }));
    const { port, server } = await runServer(board);
    await using proxy = await startFaultProxy({ to: { host: HOST, port } });
    await using client = connect({ id: 'board', host: HOST, port: proxy.port, timeout: TIMEOUT });
    await client.ready();

    const [up, down] = [numbered('up', 60), numbered('down', 20)];
    const writingDown = (async () => {
      for (const [index, line] of down.entries()) {
        await board.write(line);
        if (index % 7 === 6) proxy.cut('rst');
      }
    })();
    for (const line of up) void client.write(line);

    expect(await take(client, down.length)).toEqual(down);
    await client.drain();
    await writingDown;
    expect(withoutFirstAgain(await board.reads(up.length))).toEqual(up);
    expect(board.machine.readerDead).toBe(false);
    server.close();
  });

  it('pass bursts that do not wait, kept within one of its reads by maxInFlightBytes', async () => {
    const board = new Board(new OriginalServer({ timeoutMs: LONG_TIMEOUT, random: Math.random }));
    const { port, server } = await runServer(board);
    const options = { id: 'board', host: HOST, port, timeout: LONG_TIMEOUT, maxInFlightBytes: 1400 };
    await using client = connect(options);
    const up = numbered('a line of a burst that is long enough to fill segments', 300);
    await Promise.all(up.map((line) => client.write(line, { wait: false })));
    expect(new Set(await board.reads(up.length))).toEqual(new Set(up));
    expect(board.delivered).toHaveLength(up.length);
    expect(client.connects).toBe(1);
    server.close();
  });
});
