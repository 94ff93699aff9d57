import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Failures } from '../src/failures.js';
import { listen, type ListenOptions, type Server } from '../src/index.js';
import { next, withVirtualTime } from './board.js';
import { proxyHeader } from './proxy-tools.js';
import { serving, type Serving } from './serving.js';
import { psk, tlsSocket } from './tls-tools.js';

const MINUTE = 60_000;

describe('failed attempts of one address', () => {
  let failures: Failures;
  let now: number;

  const fail = () => failures.note('10.0.0.1', 'bad-hello', now);
  const refusedFor = (address = '10.0.0.1') => failures.refusedForMs(address, now);

  beforeEach(() => {
    failures = new Failures(3);
    now = 1000;
  });

  it('are no harm up to the limit, and refuse newcomers from there alone beyond it', () => {
    for (let n = 0; n < 3; n++) fail();
    expect(refusedFor()).toBe(0);
    fail();
    expect(refusedFor()).toBe(1000);
    expect(refusedFor('10.0.0.2')).toBe(0);
    now += 1000;
    expect(refusedFor()).toBe(0);
  });

  it('refuse for twice as long each time, up to half a minute', () => {
    const times: number[] = [];
    for (let n = 0; n < 3; n++) fail();
    while (times.length < 7) {
      fail();
      if (refusedFor() > 0) times.push(refusedFor());
      now += refusedFor();
    }
    expect(times).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('do not add up when they come no faster than the limit', () => {
    for (let n = 0; n < 1000; n++) {
      fail();
      expect(refusedFor()).toBe(0);
      now += MINUTE / 3;
    }
  });

  it('are forgotten after a minute without one, and so is how often it was refused', () => {
    for (let n = 0; n < 5; n++) fail();
    now += 2 * MINUTE;
    for (let n = 0; n < 4; n++) fail();
    expect(refusedFor()).toBe(1000);
  });

  it.each([
    'duplicate',
    'too-many-connections',
    'too-many-sessions',
    'too-many-failures',
    'disconnected',
    'proxy',
  ] as const)('are not those that were refused for %s', (reason) => {
    for (let n = 0; n < 100; n++) failures.note('10.0.0.1', reason, now);
    expect(refusedFor()).toBe(0);
  });

  it('are kept of 10,000 addresses: the one that has failed least recently is forgotten', () => {
    for (let n = 0; n < 4; n++) fail();
    for (let n = 0; n < 9999; n++) failures.note(`other ${n}`, 'bad-hello', now);
    expect(refusedFor()).toBe(1000);
    failures.note('one more', 'bad-hello', now);
    expect(refusedFor()).toBe(0);
  });
});

describe('a server with maxFailuresPerAddress', () => {
  withVirtualTime();

  let server: Server;
  let dial: Serving['dial'];

  async function start(options: ListenOptions): Promise<void> {
    ({ server, dial } = await serving(options));
  }

  /** Says what is refused; the reason. */
  async function refused(says: string | Uint8Array): Promise<unknown> {
    const event = next(server, 'refused');
    await dial(says);
    return (await event)[0];
  }

  it('refuses newcomers from an address for a second, while links from there go on', async () => {
    await start({ maxFailuresPerAddress: 2 });
    const healthy = await dial('healthy\n\n');
    await healthy.hears('\n');
    for (let n = 0; n < 3; n++) expect(await refused('\x07\n')).toBe('bad-hello');
    expect(await refused('a\n\n')).toBe('too-many-failures');
    healthy.says('00still here\n');
    expect(await server.get('healthy').readline()).toBe('still here');
    vi.advanceTimersByTime(1000);
    const later = await dial('a\n\n');
    await later.hears('\n');
  });

  it('counts TLS handshakes that fail, and refuses on both ports', async () => {
    await start({ maxFailuresPerAddress: 1, tls: { port: 0, psk } });
    for (let n = 0; n < 2; n++) {
      const event = next(server, 'refused');
      tlsSocket(server, {}).on('secureConnect', () => expect.unreachable());
      expect((await event)[0]).toBe('tls');
    }
    expect(await refused('a\n\n')).toBe('too-many-failures');
  });

  it('counts the address of the client behind a load balancer', async () => {
    await start({ maxFailuresPerAddress: 1, proxyProtocol: ['127.0.0.1'] });
    const from = (address: string, says: string) =>
      Buffer.concat([proxyHeader({ address }), Buffer.from(says)]);
    for (let n = 0; n < 2; n++) expect(await refused(from('10.1.1.1', '\x07\n'))).toBe('bad-hello');
    expect(await refused(from('10.1.1.1', 'a\n\n'))).toBe('too-many-failures');
    const other = await dial(from('10.1.1.2', 'b\n\n'));
    await other.hears('\n');
  });

  it('takes a whole number of at least 1, and has no limit by default', async () => {
    await expect(listen({ port: 0, maxFailuresPerAddress: 0 })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
    });
    await start({});
    for (let n = 0; n < 50; n++) expect(await refused('\x07\n')).toBe('bad-hello');
    const board = await dial('a\n\n');
    await board.hears('\n');
  });
});
