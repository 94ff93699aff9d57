/** Tests of TLS that the apps share, and the files for these tests. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { expect, it } from 'vitest';
import { dial, HOST } from './link.js';
import { Program } from './program.js';

/** A file with a key for each of these ids. */
export interface KeyFile {
  readonly path: string;
  readonly keyOf: (id: string) => Buffer;
  /** Gives every id a new key. */
  readonly renew: () => void;
}

export function keyFile(...ids: readonly string[]): KeyFile {
  const path = join(temporaryFolder(), 'keys.psk');
  const keys = new Map<string, Buffer>();
  const renew = () => {
    for (const id of ids) keys.set(id, randomBytes(32));
    const lines = [...keys].map(([id, key]) => `${id}:${key.toString('hex')}\n`);
    writeFileSync(path, lines.join(''), { mode: 0o600 });
  };
  renew();
  return { path, keyOf: (id) => keys.get(id)!, renew };
}

/** Options of a server that listens only with TLS, on a free port. */
export const TLS_ALONE = ['--host', HOST, '--no-plain', '--tls-port', '0'];

/** @param id of a client that the server accepts */
export function tlsSuite(name: string, id: string, args: () => readonly string[] = () => []): void {
  it(`${name} with keys takes clients over TLS, and reads the keys again on SIGHUP`, async () => {
    const { path, keyOf, renew } = keyFile(id);
    const server = new Program(name, [...TLS_ALONE, '--psk-file', path, ...args()]);
    const [, port] = await server.printed(/listening on port (\d+) with TLS/);
    const client = dial(port!, { id, tls: { psk: { key: keyOf(id) } } });
    await client.ready();
    const down = client.once('state');
    renew();
    server.process.kill('SIGHUP');
    expect(await down).toEqual([false]);
    await server.printed(/the keys or certificates were read again\n/);
    await server.printed(new RegExp(`refused a connection from 127\\.0\\.0\\.1: tls, ".*key of .*${id}`));
    await dial(port!, { id, tls: { psk: { key: keyOf(id) } } }).ready();
    writeFileSync(path, 'nonsense');
    server.process.kill('SIGHUP');
    await server.printed(/the keys or certificates were not reloaded: .*line 1: a line is identity:key/);
    await server.interrupted();
  });
}
