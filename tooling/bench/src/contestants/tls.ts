/**
 * Temporary keys and certificates of the contestants over TLS. The certificates are made once, and passed to
 * all processes in the environment. Any client may use any id.
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

/** Makes the certificates with `openssl`. Processes started later inherit them. */
export function makeCertificates(): void {
  const authority = new Authority();
  const server = authority.issue({ name: 'server', names: ['server'] });
  const made: Certificates = { ca: authority.ca, server, client: authority.issue({ name: 'client' }) };
  process.env[VARIABLE] = JSON.stringify(made);
}

/** The TLS options of both ends, with certificates. */
export function withCertificates(): BothEnds {
  const { ca, server, client } = JSON.parse(process.env[VARIABLE]!) as Certificates;
  return { serve: { ...server, ca, idOf: false }, dial: { ca, ...client, servername: 'server' } };
}

export function withKey(): BothEnds {
  const key = Buffer.alloc(32, 'bench');
  return { serve: { psk: () => key, idOf: false }, dial: { psk: { key } } };
}

/** The TLS options of a contestant. Undefined without TLS. */
export function tlsOf(contestant: string): BothEnds | undefined {
  if (contestant === 'ours-2-certificates') return withCertificates();
  return contestant === 'ours-2-key' ? withKey() : undefined;
}
