/** The TLS of a server, as its options say it and as `node:tls` takes it. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { PSK_CIPHERS, TLS_VERSIONS } from '@iot/connection/internal';
import { UsageError } from '@iot/framing';
import { requireFunctions, requireInteger, requireKnownOptions } from '@iot/qos/internal';
import type { IdOf } from './proof.js';

/** What both kinds of TLS have. */
export interface TlsPort {
  /** 0 takes a free one, which `server.tlsAddress` shows. Default 8124. */
  readonly port?: number | undefined;
  /**
   * Which id, or ids, a client may have that has proven something. Default: the identity of its key; or the common name
   * of its certificate, or one of the DNS names. False: any; the decision is left to `authorize`.
   */
  readonly idOf?: IdOf | false | undefined;
  /**
   * Handshakes at a time. Beyond it the oldest one is given up for a newcomer, if it has taken longer than a quarter of
   * `timeout`; otherwise the newcomer is refused. Default 1000.
   */
  readonly maxHandshakes?: number | undefined;
}

/** TLS with certificates. Texts are in PEM. */
export interface TlsCertificates extends TlsPort {
  /** The server's private key. */
  readonly key: string | Buffer;
  /** The server's certificate, followed by those between it and the one that the clients trust. */
  readonly cert: string | Buffer;
  /** Who signs the certificates of clients. With it each client must have one (mutual TLS); without it none is asked. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  readonly psk?: undefined;
}

/** TLS with a key for each client, which both ends have, and no certificates. */
export interface TlsKeys extends TlsPort {
  /**
   * The key of this identity, at least 16 bytes; undefined when there is none. It is asked in every handshake, and must
   * answer at once. What it throws refuses the client.
   */
  readonly psk: (identity: string) => Uint8Array | undefined;
  readonly key?: undefined;
  readonly cert?: undefined;
  readonly ca?: undefined;
}

export type TlsListenOptions = TlsCertificates | TlsKeys;

export interface TlsSettings {
  readonly port: number;
  readonly idOf: IdOf | false | undefined;
  readonly maxHandshakes: number;
  /** Each client is asked for a certificate. */
  readonly requestCert: boolean;
  readonly psk: TlsKeys['psk'] | undefined;
  readonly context: SecureContextOptions;
}

const NAMES = ['port', 'idOf', 'maxHandshakes', 'key', 'cert', 'ca', 'psk'];

/** More than come within the time of one handshake when a whole fleet comes back; each takes some 60 KiB. */
const MAX_HANDSHAKES = 1000;

/** @throws UsageError `ERR_BAD_OPTION`. */
export function tlsSettings(options: TlsListenOptions): TlsSettings {
  requireKnownOptions(options, NAMES, 'tls.');
  const { port = 8124, idOf, maxHandshakes = MAX_HANDSHAKES, psk, ca } = options;
  requireInteger('tls.port', port, 0, 65535);
  requireInteger('tls.maxHandshakes', maxHandshakes, 1);
  requireFunctions({ 'tls.psk': psk, 'tls.idOf': idOf === false ? undefined : idOf }, [
    'tls.psk',
    'tls.idOf',
  ]);
  const provesIds = psk !== undefined || ca !== undefined;
  if (idOf !== undefined && !provesIds)
    throw bad('tls.idOf needs tls.psk or tls.ca: without one, clients prove nothing');
  return {
    port,
    idOf: provesIds ? idOf : false,
    maxHandshakes,
    requestCert: ca !== undefined,
    psk,
    context: psk === undefined ? ofCertificates(options) : ofKeys(options),
  };
}

const { SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_TICKET } = constants;

/** Plain JavaScript may give any of them. */
type Given = { readonly [name in 'key' | 'cert' | 'ca']?: TlsCertificates[name] | undefined };

function ofCertificates({ key, cert, ca }: Given): SecureContextOptions {
  if (key === undefined || cert === undefined) throw bad('tls needs key and cert, in PEM, or psk');
  const context: SecureContextOptions = {
    ...TLS_VERSIONS,
    key,
    cert,
    ...(ca !== undefined && { ca: [ca].flat() }),
    secureOptions: SSL_OP_NO_RENEGOTIATION,
  };
  try {
    createSecureContext(context);
  } catch (error) {
    // Its text may quote an option.
    const { code } = error as NodeJS.ErrnoException;
    throw bad(
      `tls.key, tls.cert and tls.ca do not work (${code}): are they in PEM, and does the key belong to the certificate?`,
    );
  }
  return context;
}

function ofKeys({ key, cert, ca }: Given): SecureContextOptions {
  if ([key, cert, ca].some((given) => given !== undefined))
    throw bad('tls.psk goes without key, cert and ca: it is one or the other');
  // Without tickets: a client that has one would not be asked for its key again.
  return {
    ...TLS_VERSIONS,
    ciphers: PSK_CIPHERS,
    secureOptions: SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET,
  };
}

function bad(message: string): UsageError {
  return new UsageError('ERR_BAD_OPTION', message);
}
