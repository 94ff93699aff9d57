import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { listen, type IdOf, type ListenOptions, type TlsListenOptions } from '../src/index.js';
import { Board, next } from './board.js';
import { warnings } from './warnings.js';
import {
  authority,
  keyOf,
  keyOptions,
  local,
  ofBoard,
  ofServer,
  psk,
  start,
  tlsBoard,
  tlsSocket,
  withCertificates,
  withKeys,
} from './tls-tools.js';

const ca = authority.ca;

describe('the ports of a server', () => {
  it('are one for TLS beside the plain one', async () => {
    const server = await start({ ...withKeys, port: 0 });
    expect(server.tlsAddress?.port).toEqual(expect.any(Number));
    expect(server.tlsAddress?.port).not.toBe(server.address.port);
    using plain = await Board.up(server, 'plain');
    using secure = await tlsBoard(server, keyOptions('board', keyOf('board')));
    secure.says('board\n\n');
    await secure.hears('\n');
    plain.says('00hi\n');
    expect(await server.get('plain').readline()).toBe('hi');
  });

  it('are one for TLS alone with port: false', async () => {
    const server = await start(withKeys);
    expect(server.address).toBe(server.tlsAddress);
  });

  it('are one without TLS unless it is asked for', async () => {
    const server = await start({ ...local, port: 0 });
    expect(server.tlsAddress).toBeUndefined();
  });

  it('are both free again when one of them cannot be had', async () => {
    const server = await start(withKeys);
    const { port } = server.address;
    const other = await start({ ...local, port: 0 });
    const { port: taken } = other.address;
    await other.close();
    const second = listen({ ...local, port: taken, tls: { port, psk } });
    await expect(second).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    await start({ ...local, port: taken });
  });

  it('warn once that nothing proves who comes, where the plain one can be reached by others and has no authorize', async () => {
    const { logger, messages: warned } = warnings();
    await start({ ...withKeys, host: undefined, logger });
    expect(warned).toEqual([]);
    await start({ ...withKeys, host: undefined, port: 0, logger });
    expect(warned).toEqual([expect.stringContaining('anyone who can reach this port')]);
  });
});

describe('the options of TLS', () => {
  const other = authority.issue({ name: 'other' });

  it.each<[string, ListenOptions, string]>([
    ['no port at all', { port: false }, 'port: false needs tls'],
    ['neither key nor certificate', { tls: {} as never }, 'tls needs key and cert, in PEM, or psk'],
    ['a key without a certificate', { tls: { key: ofServer.key } as never }, 'tls needs key and cert'],
    [
      'both kinds',
      { tls: { ...ofServer, psk } as never },
      'tls.psk cannot be used together with key, cert or ca',
    ],
    ['a psk that is not a function', { tls: { psk: keyOf('board') as never } }, 'tls.psk must be a function'],
    ['an idOf that is not a function', { tls: { psk, idOf: 'id' as never } }, 'tls.idOf must be a function'],
    [
      'an idOf where clients prove nothing',
      { tls: { ...ofServer, idOf: () => 'x' } },
      'tls.idOf needs tls.psk or tls.ca',
    ],
    ['an unknown one', { tls: { psk, porte: 1 } as never }, 'there is no option tls.porte: is it tls.port?'],
    ['a port beyond 65535', { tls: { psk, port: 65536 } }, 'tls.port must be a whole number'],
    [
      'text that is not PEM',
      { tls: { key: 'key', cert: 'cert' } },
      'tls.key, tls.cert and tls.ca do not work (ERR_',
    ],
    [
      'a key of another certificate',
      { tls: { ...ofServer, key: other.key } },
      'does the key belong to the certificate?',
    ],
  ])('with %s are refused', async (_, options, message) => {
    const refused = listen({ ...local, ...(options.port === undefined && { port: 0 }), ...options });
    await expect(refused).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_BAD_OPTION',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('the id that a client may have is', () => {
  /** What becomes of this id: undefined when it is let in. */
  async function refusalOf(tls: TlsListenOptions, id: string, options = ofBoard): Promise<unknown> {
    const server = await start({ ...local, tls: { port: 0, ...tls } });
    const came = next(server, 'client').then(() => undefined);
    const refused = next(server, 'refused');
    const proven = tls.psk === undefined ? options : keyOptions('board', keyOf('board'));
    const board = await tlsBoard(server, proven);
    board.says(`${id}\n`);
    const reason = await Promise.race([came, refused]);
    board.socket.destroy();
    return reason && [reason[0], reason[3]];
  }

  const withCa: TlsListenOptions = { ...ofServer, ca };
  const names = ['attic', 'Cellar', '*.boards.example', '10.0.0.1'];
  const named = { ...authority.issue({ name: 'board', names }), ca };

  it.each([
    ['the common name of the certificate', 'board'],
    ['a DNS name of it', 'attic'],
    ['a DNS name of it, letter by letter', 'Cellar'],
    ['a DNS name of it with a star in it, which is a letter', '*.boards.example'],
  ])('%s', async (_, id) => {
    expect(await refusalOf(withCa, id, named)).toBeUndefined();
  });

  it.each([
    ['a name in other letters', 'cellar'],
    ['what a star could match', 'one.boards.example'],
    ['the end of a name', '.boards.example'],
    ['an address in the certificate', '10.0.0.1'],
    ['another', 'other'],
    ['one that is not a name', 'bad name, DNS:board'],
  ])('not %s', async (_, id) => {
    expect(await refusalOf(withCa, id, named)).toEqual([
      'wrong-id',
      'its certificate or key is for CN=board',
    ]);
  });

  it.each<[string, IdOf | false, string]>([
    ['that of the rule', () => 'seven', 'seven'],
    ['one of those of the rule', ({ identity }) => [`${identity}-1`, `${identity}-2`], 'board-2'],
    ['any, where authorize decides', false, 'anything'],
  ])('%s', async (_, idOf, id) => {
    expect(await refusalOf({ psk, idOf }, id)).toBeUndefined();
  });

  it.each<[string, IdOf, string]>([
    ['when the rule knows none', () => undefined, 'its certificate or key is for "board"'],
    [
      'when the rule fails',
      () => {
        throw new Error('no table');
      },
      'tls.idOf failed: no table',
    ],
  ])('none %s', async (_, idOf, detail) => {
    expect(await refusalOf({ psk, idOf }, 'board')).toEqual(['wrong-id', detail]);
  });
});

describe('reload', () => {
  it('takes another certificate for the next handshakes, and drops no link', async () => {
    const server = await start(withCertificates);
    using board = await tlsBoard(server, ofBoard);
    board.says('board\n\n');
    await board.hears('\n');
    const renewed = authority.issue({ name: 'renewed', names: ['server'] });
    server.reload({ tls: { ...renewed, ca } });
    const socket = tlsSocket(server, ofBoard);
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    expect(socket.getPeerX509Certificate()?.subject).toBe('CN=renewed');
    board.says('00still here\n');
    expect(await server.get('board').readline()).toBe('still here');
    expect(server.get('board').connects).toBe(1);
  });

  it('takes other keys', async () => {
    const server = await start(withKeys);
    const key = Buffer.alloc(32, 7);
    server.reload({ tls: { psk: (identity) => (identity === 'new' ? key : undefined) } });
    using board = await tlsBoard(server, keyOptions('new', key));
    board.says('new\n\n');
    await board.hears('\n');
    await expect(tlsBoard(server, keyOptions('board', keyOf('board')))).rejects.toThrow();
  });

  it('has sessions that began before it resumed by no client', async () => {
    const server = await start({ ...withCertificates, onDuplicate: 'takeover' });
    const first = tlsSocket(server, ofBoard);
    const session = await new Promise<Buffer>((resolve) => first.once('session', resolve));
    server.reload({ tls: { ...ofServer, ca } });
    const again = tlsSocket(server, { ...ofBoard, session });
    await new Promise((resolve) => again.once('secureConnect', resolve));
    expect(again.isSessionReused()).toBe(false);
  });

  it('is refused for what cannot work, and then all is as it was', async () => {
    const bad = (tls: TlsListenOptions) => () => {
      server.reload({ tls });
    };
    const server = await start(withCertificates);
    expect(bad({ key: 'key', cert: 'cert', ca })).toThrow('do not work');
    expect(bad({ psk })).toThrow('reload takes tls of the same kind');
    expect(bad(ofServer)).toThrow('reload takes tls of the same kind');
    using board = await tlsBoard(server, ofBoard);
    board.says('board\n\n');
    await board.hears('\n');
    const plain = await start({ ...local, port: 0 });
    expect(() => {
      plain.reload({ tls: { psk } });
    }).toThrow('this server has no TLS');
  });
});

describe('tls.psk', () => {
  it.each<[string, () => never, string]>([
    [
      'throws',
      () => {
        throw new Error('no file');
      },
      'no file',
    ],
    ['gives a text', () => 'secret' as never, 'it did not return a Uint8Array of 16 to 512 bytes'],
    [
      'gives a short key',
      () => Buffer.from('secret') as never,
      'it did not return a Uint8Array of 16 to 512 bytes',
    ],
  ])('that %s refuses the client, and the log says why, without the key', async (_, broken, why) => {
    const logged: unknown[][] = [];
    const note = (...args: unknown[]) => void logged.push(args);
    const logger = { debug: note, info: note, warn: note, error: note };
    const server = await start({ ...local, tls: { port: 0, psk: broken }, logger });
    const refused = next(server, 'refused');
    await expect(tlsBoard(server, keyOptions('board', keyOf('board')))).rejects.toThrow();
    await refused;
    expect(logged[0]).toEqual([{ why }, 'tls.psk has failed']);
    expect(JSON.stringify(logged)).not.toContain('secret');
  });
});

it('no key is seen in a server, in what authorize gets, or in an error', async () => {
  const authorize = vi.fn((_: object) => true);
  const options = [withKeys, withCertificates];
  for (const option of options) {
    const server = await start({ ...option, authorize });
    const proof = option === withKeys ? keyOptions('board', keyOf('board')) : ofBoard;
    using board = await tlsBoard(server, proof);
    board.says('board\n\n');
    await board.hears('\n');
    const seen = inspect([server, server.get('board'), authorize.mock.calls], {
      depth: 20,
      showHidden: true,
    });
    expect(seen).not.toContain(ofServer.key.split('\n')[1]!);
    expect(seen).not.toContain(ofBoard.key.split('\n')[1]!);
    for (const text of [keyOf('board').toString('hex'), bytesOf(keyOf('board'))])
      expect(seen).not.toContain(text);
  }
  const error = await listen({ ...local, tls: { ...ofServer, cert: 'cert' } }).catch((it: unknown) => it);
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(ofServer.key.split('\n')[1]!);
});

/** The first bytes, as `inspect` shows a buffer. */
function bytesOf(key: Buffer): string {
  return [...key.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

it.each([null, false, 0, ''])('tls: %j is refused: it would be a server without TLS', async (tls) => {
  const options = { ...local, port: 0, tls } as unknown as ListenOptions;
  await expect(listen(options)).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
    message: `tls must be an object, not ${tls === null ? 'null' : typeof tls}`,
  });
});
