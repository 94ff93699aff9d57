/**
 * The proof of a client's identity by TLS: its certificate, or the identity of its pre-shared key. It determines which id the
 * client may use (`tls.idOf`).
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { whyOf } from '../why.js';

/** The result of a TLS handshake, for `authorize` and `tls.idOf`. */
export interface TlsProof {
  /** Version of TLS, such as `TLSv1.3`. */
  readonly protocol: string;
  /** Identity of the pre-shared key that the client has; undefined without pre-shared keys. */
  readonly identity: string | undefined;
  /** The client's certificate, signed by an authority in `tls.ca`; undefined without `tls.ca`. */
  readonly certificate: X509Certificate | undefined;
}

/** Returns the id, or the ids, that a client with this proof may use. Undefined: none. */
export type IdOf = (proof: TlsProof) => string | readonly string[] | undefined;

/** The proof of a socket whose TLS handshake is done, and why it is not valid, if so. */
export interface Proven {
  readonly proof: TlsProof;
  readonly problem?: string | undefined;
}

/** @param identity of the pre-shared key that was used in the handshake */
export function proofOf(socket: TLSSocket, identity: string | undefined, requestCert: boolean): Proven {
  const protocol = socket.getProtocol() ?? 'TLS';
  if (!requestCert) return { proof: { protocol, identity, certificate: undefined } };
  const certificate = socket.getPeerX509Certificate();
  return { proof: { protocol, identity, certificate }, problem: certificateProblem(socket, certificate) };
}

/**
 * Checks the client's certificate. Returns why it is not valid, or undefined. It checks more than Node's `authorized`, for two
 * reasons. In TLS 1.3, `authorized` is also true for a resumed session that began without a certificate. And the certificate of
 * a resumed session is not verified again, so its expiry is checked here.
 */
function certificateProblem(
  { authorized, authorizationError }: TLSSocket,
  certificate: X509Certificate | undefined,
): string | undefined {
  if (certificate === undefined) return 'no client certificate';
  if (!authorized) return `client certificate: ${String(authorizationError)}`;
  return Date.parse(certificate.validTo) < Date.now() ? 'client certificate: CERT_HAS_EXPIRED' : undefined;
}

/**
 * Checks whether a client with this proof may use this id. Returns why not, or undefined.
 *
 * @param idOf the rule of the application; undefined: the default rule; false: any id, because `authorize` decides
 */
export function idProblem(id: string, proof: TlsProof, idOf: IdOf | false | undefined): string | undefined {
  if (idOf === false) return undefined;
  try {
    if (idOf === undefined ? isProven(proof, id) : [idOf(proof)].flat().includes(id)) return undefined;
  } catch (error) {
    return `tls.idOf failed: ${whyOf(error)}`;
  }
  return `its certificate or key is for ${proof.certificate?.subject ?? JSON.stringify(proof.identity)}`;
}

/** The default rule: the id is the identity of the key, or the common name or a DNS name of the certificate. */
function isProven({ identity, certificate }: TlsProof, id: string): boolean {
  if (certificate === undefined) return identity === id;
  // An array, if the subject has several common names.
  const common: unknown = certificate.toLegacyObject().subject.CN;
  if ([common].flat().includes(id)) return true;
  // `checkHost` returns the matching name of the certificate. The name may differ from the id in case, or be only a part of it.
  return certificate.checkHost(id, { subject: 'never', wildcards: false }) === id;
}
