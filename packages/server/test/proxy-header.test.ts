import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxyHeader } from '../src/proxy/header.js';
import { proxyHeader } from './proxy-tools.js';

const bytes = (most: number) => fc.uint8Array({ maxLength: most }).map((it) => Buffer.from(it));
const ipv4 = fc.ipV4();
const ipv6 = fc.tuple(fc.constantFrom('2001:db8::', 'fe80::'), fc.integer({ min: 1, max: 0xffff }));
const client = fc.oneof(
  ipv4.map((address) => ({ address, said: address })),
  ipv6.map(([net, host]) => ({ address: net + host.toString(16), said: net + host.toString(16) })),
);

describe('a PROXY header of version 2', () => {
  it('is read whatever its extensions are, and whatever comes after it', () => {
    fc.assert(
      fc.property(client, bytes(200), bytes(50), ({ address, said }, extensions, after) => {
        const header = proxyHeader({ address, extensions });
        expect(readProxyHeader(Buffer.concat([header, after]))).toEqual({
          type: 'header',
          length: header.length,
          address: said,
        });
      }),
    );
  });

  it('is not read before its last byte has come', () => {
    fc.assert(
      fc.property(client, bytes(50), ({ address }, extensions) => {
        const header = proxyHeader({ address, extensions });
        for (let length = 0; length < header.length; length++)
          expect(readProxyHeader(header.subarray(0, length))).toEqual({ type: 'more' });
      }),
    );
  });

  it('names no client when the proxy speaks for itself, or does not say', () => {
    const local = proxyHeader({ address: '10.0.0.1', command: 0x20 });
    expect(readProxyHeader(local)).toEqual({ type: 'header', length: 28, address: undefined });
    const unspecified = proxyHeader({ family: 0x00 });
    expect(readProxyHeader(unspecified)).toEqual({ type: 'header', length: 16, address: undefined });
    const withoutAddress = proxyHeader({ command: 0x20, family: 0x11 });
    expect(readProxyHeader(withoutAddress)).toEqual({ type: 'header', length: 16, address: undefined });
  });

  it('may have an IPv4 address written as an IPv6 one', () => {
    expect(readProxyHeader(proxyHeader({ address: '::ffff:7f00:9' }))).toMatchObject({
      address: '127.0.0.9',
    });
  });

  it('is refused at its first wrong byte', () => {
    const header = proxyHeader({ address: '10.0.0.1' });
    for (let at = 0; at < 13; at++) {
      const wrong = Buffer.from(header);
      wrong[at]! ^= 0x40;
      // The command comes with the length.
      expect(readProxyHeader(wrong.subarray(0, at < 12 ? at + 1 : 16))).toMatchObject({ type: 'invalid' });
    }
  });

  it.each([
    ['of version 1', Buffer.from('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'), 'version 2 (send-proxy-v2)'],
    ['that is a hello', Buffer.from('board\n'), 'version 2 (send-proxy-v2)'],
    ['of another version', proxyHeader({ address: '10.0.0.1', command: 0x31 }), 'version or command'],
    ['with an unknown command', proxyHeader({ address: '10.0.0.1', command: 0x22 }), 'version or command'],
    ['of a datagram', proxyHeader({ address: '10.0.0.1', family: 0x12 }), 'other than TCP'],
    ['of a Unix socket', proxyHeader({ family: 0x31, extensions: Buffer.alloc(216) }), 'other than TCP'],
    ['with half an IPv4 address', proxyHeader({ family: 0x11, extensions: Buffer.alloc(11) }), 'cut off'],
    ['with half an IPv6 address', proxyHeader({ family: 0x21, extensions: Buffer.alloc(35) }), 'cut off'],
    [
      'that is too long, before the rest of it has come',
      proxyHeader({ address: '10.0.0.1', extensions: Buffer.alloc(4096) }).subarray(0, 16),
      '4124 bytes, more than 4096',
    ],
  ])('%s is refused', (_, header, why) => {
    const result = readProxyHeader(header);
    expect(result).toEqual({ type: 'invalid', why: expect.stringContaining(why) as string });
  });

  it('nothing that comes makes it throw', () => {
    fc.assert(
      fc.property(bytes(100), fc.nat(40), (noise, keep) => {
        const begun = proxyHeader({ address: '10.0.0.1' }).subarray(0, keep);
        const { type } = readProxyHeader(Buffer.concat([begun, noise]));
        expect(['more', 'invalid', 'header']).toContain(type);
      }),
    );
  });
});
