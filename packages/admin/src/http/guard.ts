/**
 * Decides which requests are served. A web page in a browser on this machine can send requests to this
 * interface, also under its own host name if that name resolves to this address (DNS rebinding). Therefore
 * `Host` and `Origin` are checked, even if there is a token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { AdminSettings } from '../options.js';
import { Refused } from './answer.js';

/** @throws Refused 403 if `Host` or `Origin` does not belong to this interface. */
export function requireOwnPage(headers: IncomingHttpHeaders, { hostNames }: AdminSettings): void {
  const host = headers.host?.toLowerCase() ?? '';
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) === 0 && name !== 'localhost' && !hostNames.has(name)) {
    throw new Refused(
      403,
      'wrong-host',
      `this interface is not known as ${JSON.stringify(name)}: use its address, or add the name to hostNames`,
    );
  }
  const { origin, 'sec-fetch-site': site } = headers;
  const isOwn =
    origin === undefined || (URL.canParse(origin) && new URL(origin).host === withoutPort80(host));
  if (!isOwn || site === 'cross-site' || site === 'same-site')
    throw new Refused(403, 'wrong-origin', 'the request comes from a web page of another origin');
}

/** @throws Refused 401 if there is a token and the request does not contain it. */
export function requireToken({ authorization = '' }: IncomingHttpHeaders, { token }: AdminSettings): void {
  if (token === undefined) return;
  const given = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  if (given !== undefined && isSame(given, token)) return;
  throw new Refused(401, 'wrong-token', 'the request needs the header authorization: Bearer TOKEN', {
    'www-authenticate': 'Bearer',
  });
}

/** Compares in constant time. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(first!, second!);
}

/** Removes port 80, as `URL` does. */
function withoutPort80(host: string): string {
  return host.replace(/:80$/, '');
}
