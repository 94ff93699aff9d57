/** How long TLS handshakes may take, and how many there may be at a time. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen, type Server } from '../src/index.js';
import { tlsSettings } from '../src/tls/options.js';
import { SecurePort } from '../src/tls/secure-port.js';
import { next, turn, withVirtualTime, type Board } from './board.js';
import { helloOfTls10, keyOf, keyOptions, raw, start, tlsBoard, withKeys } from './tls-tools.js';

describe('the time of a TLS handshake', () => {
  withVirtualTime();

  it('is the timeout, however many bytes come meanwhile, and counts for the hello too', async () => {
    const server = await start({ ...withKeys, timeout: 1000 });
    using slow = await raw(server);
    while (vi.getTimerCount() === 0) await turn();
    const refused = next(server, 'refused');
    for (const byte of helloOfTls10().subarray(0, 9)) {
      slow.says(Uint8Array.of(byte));
      await turn();
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(100);
    expect(await refused).toEqual([
      'tls',
      undefined,
      '127.0.0.1',
      'the TLS handshake was not done within 1000 ms',
    ]);
    await slow.gone();
  });

  it('is over when the server is closed', async () => {
    const server = await start(withKeys);
    using silent = await raw(server);
    while (vi.getTimerCount() === 0) await turn();
    await server.close();
    await silent.gone();
  });
});

describe('TLS handshakes at a time', () => {
  withVirtualTime();

  const few = { ...withKeys, timeout: 1000, tls: { ...withKeys.tls, maxHandshakes: 2 } };

  /** As many as may be, none of which goes on. */
  async function full(server: Server): Promise<readonly [Board, Board]> {
    const entered = vi.spyOn(SecurePort.prototype, 'enter');
    const boards = [await raw(server), await raw(server)] as const;
    while (entered.mock.calls.length < 2) await turn();
    entered.mockRestore();
    for (const board of boards) onTestFinished(() => void board.socket.destroy());
    return boards;
  }

  it('are no more than maxHandshakes: a newcomer beyond it is refused', async () => {
    const server = await start(few);
    await full(server);
    const refused = next(server, 'refused');
    using late = await raw(server);
    expect(await refused).toEqual([
      'too-many-connections',
      undefined,
      '127.0.0.1',
      'there are 2 TLS handshakes already',
    ]);
    await late.gone();
  });

  it('one that has stopped is given up for a newcomer, which is let in', async () => {
    const server = await start(few);
    const [first, second] = await full(server);
    vi.advanceTimersByTime(251);
    const refused = next(server, 'refused');
    using board = await tlsBoard(server, keyOptions('board', keyOf('board')));
    board.says('board\n\n');
    await board.hears('\n');
    expect(await refused).toEqual([
      'tls',
      undefined,
      '127.0.0.1',
      'the TLS handshake was not done within 251 ms, and other clients are waiting',
    ]);
    await first.gone();
    expect(second.socket.destroyed).toBe(false);
  });

  it('that are done count no more', async () => {
    const server = await start(few);
    for (const id of ['board', 'healthy', 'board', 'healthy']) {
      const board = await tlsBoard(server, keyOptions(id, keyOf(id)));
      onTestFinished(() => void board.socket.destroy());
    }
  });

  it('are 1000 at most by default, and at least 1', async () => {
    expect(tlsSettings(withKeys.tls).maxHandshakes).toBe(1000);
    const none = listen({ ...withKeys, tls: { ...withKeys.tls, maxHandshakes: 0 } });
    await expect(none).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  });
});
