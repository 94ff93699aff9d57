/**
 * The keys of the contestants over TLS: for the bench alone, and throw-away. The certificates are made once, and are in the
 * environment of all its processes. Any client may have any id.
 */
import type { TlsConnectOptions } from '@iot/client';
import type { TlsListenOptions } from '@iot/server';
import { Authority, type Certificate } from '@iot/vitest-config/certificates';

export interface BothEnds {
  readonly serve: TlsListenOptions;
  readonly dial: TlsConnectOptions;
}

interface Certificates {
  readonly ca: string;
  readonly server: Certificate;
  readonly client: Certificate;
}

const VARIABLE = 'BENCH_CERTIFICATES';

/** Makes them, by `openssl`; the processes that are started from then on have them. */
export function makeCertificates(): void {
  const authority = new Authority();
  const server = authority.issue({ name: 'server', names: ['server'] });
  const made: Certificates = { ca: authority.ca, server, client: authority.issue({ name: 'client' }) };
  process.env[VARIABLE] = JSON.stringify(made);
}

/** Of both ends. */
export function withCertificates(): BothEnds {
  const { ca, server, client } = JSON.parse(process.env[VARIABLE]!) as Certificates;
  return { serve: { ...server, ca, idOf: false }, dial: { ca, ...client, servername: 'server' } };
}

export function withKey(): BothEnds {
  const key = Buffer.alloc(32, 'bench');
  return { serve: { psk: () => key, idOf: false }, dial: { psk: { key } } };
}

/** What a contestant has of it; undefined without TLS. */
export function tlsOf(contestant: string): BothEnds | undefined {
  if (contestant === 'ours-2-certificates') return withCertificates();
  return contestant === 'ours-2-key' ? withKey() : undefined;
}
