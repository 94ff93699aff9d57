/** Checks the dates of certificates. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { codeOf, findings, type Finding } from './finding.js';
import type { Target } from './server.js';

const DAY_MS = 86_400_000;

/** Enough time to renew a certificate. */
const SOON_DAYS = 30;

/** @param now ms since 1970 */
export function checkDates(
  what: string,
  { validFrom, validTo }: { validFrom: string; validTo: string },
  now: number,
): Finding {
  const { ok, warning, problem } = findings('certificate');
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  if (now < from)
    return problem(`${what} is not valid before ${day(from)}: is the clock of this machine right?`);
  if (now >= to) return problem(`${what} has expired on ${day(to)}: renew it`);
  const days = Math.floor((to - now) / DAY_MS);
  if (days < SOON_DAYS) return warning(`${what} expires on ${day(to)}, in ${days} days: renew it`);
  return ok(`${what} is valid until ${day(to)}`);
}

/**
 * Checks the dates of the server's certificate. Whether it is trusted is checked by the handshake in
 * `server.ts`.
 */
export async function checkServerCertificate({ host, port, timeout }: Target): Promise<Finding> {
  const socket = connect({
    host,
    port,
    // An IP address must not be sent as a server name (RFC 6066).
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: false,
    timeout: Math.max(timeout, 1000),
  });
  try {
    const failure = await new Promise<string | undefined>((resolve) => {
      socket.once('secureConnect', () => resolve(undefined));
      socket.once('error', (error) => resolve(codeOf(error)));
      socket.once('timeout', () => resolve('ETIMEDOUT'));
    });
    if (failure !== undefined)
      return findings('certificate').problem(
        `the server sent no certificate (${failure}): does this port speak TLS with certificates?`,
      );
    const { valid_from: validFrom, valid_to: validTo } = socket.getPeerCertificate();
    return checkDates("the server's", { validFrom, validTo }, Date.now());
  } finally {
    socket.destroy();
  }
}

export async function checkCertificateFile(path: string): Promise<Finding> {
  try {
    return checkDates(path, new X509Certificate(await readFile(path)), Date.now());
  } catch (error) {
    return findings('certificate').problem(
      `${path} is not a readable certificate (${codeOf(error)}): it must be a PEM file`,
    );
  }
}
