import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  keyOptions,
  local,
  ofBoard,
  ofServer,
  authority,
  start,
  tlsBoard,
  withCertificates,
} from './tls-tools.js';

const [old, renewed] = [randomBytes(32), randomBytes(32)];

describe('a socket that used its key before that was revoked, and says its id after', () => {
  it('gets no link', async () => {
    let key = old;
    const server = await start({ ...local, tls: { port: 0, psk: () => key } });
    const board = await tlsBoard(server, keyOptions('board', old));
    key = renewed;
    expect(await server.disconnect('board', 'its key was changed')).toBe(false);
    board.says('board\n\n');
    await board.gone();
    expect([server.has('board'), board.heard]).toEqual([false, '']);
    const again = await tlsBoard(server, keyOptions('board', renewed));
    again.says('board\n\n');
    await again.hears('\n');
  });

  it('gets none with a certificate of the authority before either', async () => {
    const server = await start(withCertificates);
    const board = await tlsBoard(server, { ...ofBoard });
    server.reload({ tls: { ...ofServer, ca: authority.ca } });
    board.says('board\n\n');
    await board.gone();
    expect(server.has('board')).toBe(false);
  });
});
