/**
 * Throw-away keys and certificates for a campaign over TLS. They are in files of the folder of the journals: the processes
 * are told the folder, since every user of the machine sees arguments.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsConnectOptions } from '@iot/client';
import type { TlsListenOptions } from '@iot/server';
import { makeKey, openKeys } from '@iot/server/keys';
import { Authority } from '@iot/vitest-config/certificates';
import type { TlsKind } from '../src/settings.js';

export interface TlsFiles {
  readonly kind: TlsKind;
  readonly folder: string;
}

/** Makes what a server and the client of this id need. */
export function makeTls(kind: TlsKind, folder: string, id: string): TlsFiles {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  if (kind === 'keys') {
    write('keys.psk', `${id}:${makeKey().toString('hex')}\n`);
  } else {
    const authority = new Authority();
    const server = authority.issue({ name: 'server', names: ['127.0.0.1'] });
    const client = authority.issue({ name: id });
    write('ca.crt', authority.ca);
    for (const [name, { key, cert }] of Object.entries({ server, client })) {
      write(`${name}.key`, key);
      write(`${name}.crt`, cert);
    }
  }
  return { kind, folder };
}

export async function tlsOfServer(files: TlsFiles, port: number): Promise<TlsListenOptions> {
  if (files.kind === 'certificates') return { port, ...certificates(files.folder, 'server') };
  const keys = await openKeys(join(files.folder, 'keys.psk'));
  return { port, psk: keys.get };
}

export async function tlsOfClient(files: TlsFiles, id: string): Promise<TlsConnectOptions> {
  if (files.kind === 'certificates') return certificates(files.folder, 'client');
  const keys = await openKeys(join(files.folder, 'keys.psk'));
  return { psk: { key: keys.get(id)! } };
}

function certificates(folder: string, name: 'server' | 'client') {
  const read = (file: string) => readFileSync(join(folder, file));
  return { ca: read('ca.crt'), key: read(`${name}.key`), cert: read(`${name}.crt`) };
}
