/**
 * Parses the header of the PROXY protocol, version 2. A load balancer sends it at the beginning of each connection that it
 * forwards, to pass on the address of the client. The header has twelve fixed bytes, version and command, address family and
 * transport, the length of the rest, both addresses and ports, and extensions (TLV), which are skipped.
 */
import { SocketAddress } from 'node:net';
import { peerAddress } from '@iot/connection/node';

export type ProxyHeader =
  | { readonly type: 'more' }
  | { readonly type: 'invalid'; readonly why: string }
  | {
      readonly type: 'header';
      /** Length of the header in bytes. */
      readonly length: number;
      /** Address of the client. Undefined for a connection of the proxy itself, such as a health check, or if it is not given. */
      readonly address: string | undefined;
    };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const FIXED_BYTES = 16;
/** Longest header, with extensions. Proxies send a few hundred bytes. */
const MOST_BYTES = 4096;

const MORE: ProxyHeader = { type: 'more' };

/** Parses the first bytes of a connection. `more`: the header is not complete yet. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const begun = bytes.subarray(0, SIGNATURE.length);
  if (!begun.equals(SIGNATURE.subarray(0, begun.length)))
    return invalid('it does not begin like a header of version 2 (send-proxy-v2)');
  if (bytes.length < FIXED_BYTES) return MORE;
  const [command, family] = [bytes[12]!, bytes[13]!];
  if (command !== LOCAL && command !== PROXY) return invalid('its version or command is unknown');
  const length = FIXED_BYTES + bytes.readUInt16BE(14);
  if (length > MOST_BYTES) return invalid(`it has ${length} bytes, more than ${MOST_BYTES}`);
  if (bytes.length < length) return MORE;
  if (command === LOCAL) return { type: 'header', length, address: undefined };
  return ofFamily(family, bytes.subarray(FIXED_BYTES, length), length);
}

/** Values of the byte with the version (2) and the command. */
const LOCAL = 0x20;
const PROXY = 0x21;

function ofFamily(family: number, addresses: Buffer, length: number): ProxyHeader {
  switch (family) {
    case UNSPECIFIED:
      return { type: 'header', length, address: undefined };
    case TCP_OVER_IPV4:
      if (addresses.length < 12) return invalid('its addresses are cut off');
      return { type: 'header', length, address: addresses.subarray(0, 4).join('.') };
    case TCP_OVER_IPV6:
      if (addresses.length < 36) return invalid('its addresses are cut off');
      return { type: 'header', length, address: ipv6(addresses.subarray(0, 16)) };
    default:
      return invalid('it forwards something other than TCP');
  }
}

const UNSPECIFIED = 0x00;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

function ipv6(bytes: Buffer): string | undefined {
  const groups = bytes.toString('hex').match(/.{4}/g)!;
  return peerAddress({
    remoteAddress: new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address,
  });
}

function invalid(why: string): ProxyHeader {
  return { type: 'invalid', why };
}
