/**
 * TLS at the client: checks the option `tls`, makes the handshake on a connected socket, and explains failures. With
 * certificates it keeps the TLS session of the last handshake, which makes the next handshake cheaper (resumption).
 */
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { LEAST_PSK_BYTES, MOST_PSK_BYTES, PSK_CIPHERS, TLS_VERSIONS } from '@iot/connection/internal';
import { LinkError, UsageError } from '@iot/framing';
import { requireKnownOptions } from '@iot/qos/internal';

/** TLS with certificates. All of them are in PEM format. */
export interface TlsClientCertificates {
  /** Certificates of the authorities that sign the certificates of servers. Default: the authorities that come with Node. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** This client's certificate, for a server that asks for one. */
  readonly cert?: string | Buffer | undefined;
  /** The private key of `cert`. */
  readonly key?: string | Buffer | undefined;
  /** The name that must be in the server's certificate. Default: `host`. */
  readonly servername?: string | undefined;
  readonly psk?: undefined;
}

/** TLS with a pre-shared key: a secret that both ends have. Each end proves with it who it is. */
export interface TlsClientKey {
  readonly psk: {
    /** The name by which the server finds the key; up to 128 bytes. Default: the client's id. */
    readonly identity?: string | undefined;
    /** At least 16 bytes. */
    readonly key: Uint8Array;
  };
  readonly ca?: undefined;
  readonly cert?: undefined;
  readonly key?: undefined;
  readonly servername?: undefined;
}

export type TlsConnectOptions = TlsClientCertificates | TlsClientKey;

/** Every implementation must accept identities up to this length (RFC 4279). */
const LONGEST_IDENTITY_BYTES = 128;

/** The checked options. */
interface Settings {
  readonly options: ConnectionOptions;
  readonly usesKey: boolean;
}

/** The TLS of one client: makes the handshake on each connected socket. */
export class Tls {
  readonly #id: string;
  readonly #host: string;
  #settings: Settings;
  /** The TLS session of the last link, if the server offers resumption. */
  #session: Buffer | undefined;

  /** @throws UsageError `ERR_BAD_OPTION`. */
  constructor(options: TlsConnectOptions, id: string, host: string) {
    this.#id = id;
    this.#host = host;
    this.#settings = settingsOf(options, id, host);
  }

  /**
   * Sets the options of the next handshakes.
   *
   * @throws UsageError `ERR_BAD_OPTION`. Nothing changes then.
   */
  reload(options: TlsConnectOptions): void {
    this.#settings = settingsOf(options, this.#id, this.#host);
    this.#session = undefined;
  }

  /**
   * Makes the handshake. Resolves once it is complete at the client. The server may still refuse the client's certificate after
   * that.
   *
   * @throws LinkError `ERR_TLS`. The socket is destroyed then.
   */
  secure(socket: Socket): Promise<TLSSocket> {
    const session = this.#session;
    const settings = this.#settings;
    const resumed = session && { session };
    // Set explicitly, so that the environment variable NODE_TLS_REJECT_UNAUTHORIZED cannot turn the check off.
    const secure = connect({ ...settings.options, rejectUnauthorized: true, socket, ...resumed });
    secure.on('session', (given) => {
      // A session from before `reload` is not kept: a resumed session would continue with the old certificate.
      if (!settings.usesKey && settings === this.#settings) this.#session = given;
    });
    return new Promise((resolve, reject) => {
      secure.on('error', (error: Error) => {
        // The session may be the cause of the failure, so the next handshake is a full one.
        if (this.#session === session) this.#session = undefined;
        socket.destroy();
        reject(this.failure(error));
      });
      secure.once('secureConnect', () => resolve(secure));
    });
  }

  /** The error for a failed handshake: its message gives the cause and advice. */
  failure(error: NodeJS.ErrnoException): LinkError {
    const code = error.code ?? error.message;
    const [, what] = HINTS.find(([codes]) => codes.test(code)) ?? [];
    const hint = what ?? (this.#settings.usesKey ? WRONG_KEY : 'the log of the server gives the reason');
    return new LinkError('ERR_TLS', `the TLS handshake with ${this.#host} failed (${code}): ${hint}`, {
      cause: error,
    });
  }
}

const WRONG_KEY = 'does the server have this identity, with this key?';

/** Advice, by the code of the failure. */
const HINTS: readonly (readonly [codes: RegExp, what: string])[] = [
  [/CERT_HAS_EXPIRED/, "the server's certificate has expired: renew it, and check the clock of this machine"],
  [/CERT_NOT_YET_VALID/, 'the certificate is not valid yet: check the clock of this machine'],
  [
    /ALTNAME_INVALID/,
    "the server's certificate is for another name: set tls.servername, or use a certificate for this name",
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED/,
    "the server's certificate is not signed by an authority that this client trusts (tls.ca)",
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH/,
    'the port does not speak TLS: the TLS port of a server is another one, 8124 by default',
  ],
  [
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/,
    'the server wants a certificate (tls.cert and tls.key), or a pre-shared key (tls.psk)',
  ],
  [
    /ECONNRESET|EPIPE/,
    'the server ended it: is the certificate or the key right? The log of the server gives the reason',
  ],
];

function settingsOf(options: TlsConnectOptions, id: string, host: string): Settings {
  requireKnownOptions(options, ['ca', 'cert', 'key', 'servername', 'psk'], 'tls.');
  const usesKey = options.psk !== undefined;
  return { options: usesKey ? ofKey({ ...options }, id) : ofCertificates(options, host), usesKey };
}

function ofCertificates(
  { ca, cert, key, servername }: TlsClientCertificates,
  host: string,
): ConnectionOptions {
  if ((cert === undefined) !== (key === undefined)) throw bad('tls.cert and tls.key belong together');
  if (
    servername !== undefined &&
    (typeof servername !== 'string' || servername === '' || isIP(servername) > 0)
  )
    throw bad('tls.servername must be the name in the certificate of the server, not an address');
  return {
    secureContext: contextOf({ ...(ca !== undefined && { ca: [ca].flat() }), ...(cert && { cert, key }) }),
    // Node compares an address with the addresses in the certificate.
    host,
    servername: servername ?? (isIP(host) ? '' : host),
  };
}

/** The options as plain JavaScript may pass them: TypeScript would refuse `psk` together with others. */
interface Given extends Pick<TlsClientKey, 'psk'> {
  readonly [name: string]: unknown;
}

function ofKey({ psk, ...others }: Given, id: string): ConnectionOptions {
  if (Object.values(others).some((given) => given !== undefined))
    throw bad('tls.psk cannot be used together with ca, cert, key or servername');
  requireKnownOptions(psk, ['identity', 'key'], 'tls.psk.');
  const { identity = id, key } = psk;
  if (!(key instanceof Uint8Array) || key.length < LEAST_PSK_BYTES || key.length > MOST_PSK_BYTES)
    throw bad(`tls.psk.key must be a Uint8Array of ${LEAST_PSK_BYTES} to ${MOST_PSK_BYTES} bytes`);
  if (typeof identity !== 'string' || identity === '' || Buffer.byteLength(identity) > LONGEST_IDENTITY_BYTES)
    throw bad(
      `tls.psk.identity must be a text of 1 to ${LONGEST_IDENTITY_BYTES} bytes; by default it is the id`,
    );
  return {
    // No authority is trusted, because the server must prove that it has the key. A certificate does not prove that.
    secureContext: contextOf({ ciphers: PSK_CIPHERS, ca: [] }),
    pskCallback: () => ({ identity, psk: key }),
    checkServerIdentity: (_, certificate) =>
      Object.keys(certificate).length === 0
        ? undefined
        : new Error('the server uses a certificate instead of the key'),
  };
}

function contextOf(options: Parameters<typeof createSecureContext>[0]) {
  try {
    return createSecureContext({ ...TLS_VERSIONS, ...options });
  } catch (error) {
    // Only the code is used, because the message may quote an option, such as the key.
    const { code } = error as NodeJS.ErrnoException;
    throw bad(
      `tls.ca, tls.cert and tls.key do not work (${code}): are they in PEM, and does the key belong to the certificate?`,
    );
  }
}

function bad(message: string): UsageError {
  return new UsageError('ERR_BAD_OPTION', message);
}
