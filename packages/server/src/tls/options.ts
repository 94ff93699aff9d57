/** The option `tls` of a server: its defaults and checks, and its translation into options of `node:tls`. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { PSK_CIPHERS, TLS_VERSIONS } from '@iot/connection/internal';
import { UsageError } from '@iot/framing';
import { requireFunctions, requireInteger, requireKnownOptions } from '@iot/qos/internal';
import type { IdOf } from './proof.js';

/** Options of TLS with certificates and of TLS with pre-shared keys. */
export interface TlsPort {
  /** The port with TLS. 0: a free port, which `server.tlsAddress` shows. Default 8124. */
  readonly port?: number | undefined;
  /**
   * Returns which id, or ids, a client with this certificate or key may use. Default: the identity of its key, or the common
   * name or a DNS name of its certificate. False: any id; `authorize` is to decide.
   */
  readonly idOf?: IdOf | false | undefined;
  /**
   * Most handshakes at a time. At the limit, the oldest handshake is given up for a newcomer if it has taken longer than a
   * quarter of `timeout`. Otherwise the newcomer is refused. Default 1000.
   */
  readonly maxHandshakes?: number | undefined;
}

/** TLS with certificates. All of them are in PEM format. */
export interface TlsCertificates extends TlsPort {
  /** The server's private key. */
  readonly key: string | Buffer;
  /** The server's certificate, followed by the intermediate certificates, if any. */
  readonly cert: string | Buffer;
  /**
   * Certificates of the authorities that sign the certificates of clients. With `ca`, each client must have a certificate
   * (mutual TLS). Without it, clients are not asked for one.
   */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  readonly psk?: undefined;
}

/** TLS with pre-shared keys: a secret for each client, which both ends have. There are no certificates. */
export interface TlsKeys extends TlsPort {
  /**
   * Returns the key of this identity, of at least 16 bytes, or undefined if there is none. It is called in every handshake, and
   * must not return a promise. If it throws, the client is refused.
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
  /** True when clients are asked for a certificate. */
  readonly requestCert: boolean;
  readonly psk: TlsKeys['psk'] | undefined;
  readonly context: SecureContextOptions;
}

const NAMES = ['port', 'idOf', 'maxHandshakes', 'key', 'cert', 'ca', 'psk'];

/** More than the handshakes that run at the same time when a whole fleet reconnects. Each takes about 60 KiB. */
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

/** The options as plain JavaScript may pass them: TypeScript would refuse some combinations. */
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
    // Only the code is used, because the message may quote an option, such as the key.
    const { code } = error as NodeJS.ErrnoException;
    throw bad(
      `tls.key, tls.cert and tls.ca do not work (${code}): are they in PEM, and does the key belong to the certificate?`,
    );
  }
  return context;
}

function ofKeys({ key, cert, ca }: Given): SecureContextOptions {
  if ([key, cert, ca].some((given) => given !== undefined))
    throw bad('tls.psk cannot be used together with key, cert or ca');
  // Session tickets are off, because a client with a ticket would not have to prove its key again.
  return {
    ...TLS_VERSIONS,
    ciphers: PSK_CIPHERS,
    secureOptions: SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET,
  };
}

function bad(message: string): UsageError {
  return new UsageError('ERR_BAD_OPTION', message);
}
