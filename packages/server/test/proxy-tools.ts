/** What a load balancer sends first: a PROXY header of version 2. */
import { isIPv4 } from 'node:net';

export interface HeaderParts {
  /** Of the client. Without one there are no addresses. */
  readonly address?: string;
  /** Version and command. Default: version 2, a connection that is forwarded. */
  readonly command?: number;
  /** Default: TCP over what the address is. */
  readonly family?: number;
  readonly extensions?: Buffer;
}

export function proxyHeader({ address, command = 0x21, family, extensions }: HeaderParts): Buffer {
  const addresses = address === undefined ? Buffer.alloc(0) : both(bytesOf(address));
  const rest = Buffer.concat([addresses, extensions ?? Buffer.alloc(0)]);
  const fixed = Buffer.from([command, family ?? (isIPv4(address ?? '') ? 0x11 : 0x21), 0, 0]);
  fixed.writeUInt16BE(rest.length, 2);
  return Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), fixed, rest]);
}

/** The addresses of client and proxy, which are the same here, and their ports. */
function both(address: Buffer): Buffer {
  return Buffer.concat([address, address, Buffer.from([0x12, 0x34, 0x1f, 0xbb])]);
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [before = '', after = ''] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const [head, tail] = [groups(before), groups(after)];
  const all = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
