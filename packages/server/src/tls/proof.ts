/** What a client has proven by TLS, and which id that lets it have. */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { whyOf } from '../why.js';

/** What the transport has proven about a client, for `authorize` and `tls.idOf`. */
export interface TlsProof {
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  /** Whose pre-shared key the client has; undefined without pre-shared keys. */
  readonly identity: string | undefined;
  /** The client's certificate, signed by one of `tls.ca`; undefined where none is asked for. */
  readonly certificate: X509Certificate | undefined;
}

/** The id that a client may have, or the ids; undefined: none. */
export type IdOf = (proof: TlsProof) => string | readonly string[] | undefined;

/** Of a socket whose TLS handshake is done: the proof, or why there is none. */
export interface Proven {
  readonly proof: TlsProof;
  readonly problem?: string | undefined;
}

/** @param identity of the pre-shared key that the handshake was done with */
export function proofOf(socket: TLSSocket, identity: string | undefined, requestCert: boolean): Proven {
  const protocol = socket.getProtocol() ?? 'TLS';
  if (!requestCert) return { proof: { protocol, identity, certificate: undefined } };
  const certificate = socket.getPeerX509Certificate();
  return { proof: { protocol, identity, certificate }, problem: certificateProblem(socket, certificate) };
}

/**
 * A certificate is required, besides Node's `authorized`: in TLS 1.3 that is also true of a session that is resumed and
 * began without one. A session that is resumed is not verified again, so the end of the certificate is looked at.
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
 * Why a client that has proven this may not have this id; undefined when it may.
 *
 * @param idOf the application's rule; false leaves it to `authorize`
 */
export function idProblem(id: string, proof: TlsProof, idOf: IdOf | false | undefined): string | undefined {
  if (idOf === false) return undefined;
  try {
    if (idOf === undefined ? isProven(proof, id) : [idOf(proof)].flat().includes(id)) return undefined;
  } catch (error) {
    return `tls.idOf failed: ${whyOf(error)}`;
  }
  return `it has proven to be ${proof.certificate?.subject ?? JSON.stringify(proof.identity)}`;
}

/** The rule without `tls.idOf`: the identity of the key; or the certificate's common name, or a DNS name of it. */
function isProven({ identity, certificate }: TlsProof, id: string): boolean {
  if (certificate === undefined) return identity === id;
  // Several, where the subject has several.
  const common: unknown = certificate.toLegacyObject().subject.CN;
  if ([common].flat().includes(id)) return true;
  // It returns the name of the certificate, which may differ in case, or be a part of the id that was asked for.
  return certificate.checkHost(id, { subject: 'never', wildcards: false }) === id;
}
