import { networkManager, type Network } from '@iot/client';
import { LinkError } from '@iot/framing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBridge, type Bridge, type BridgeOptions } from '../src/bridge/index.js';
import type { Pin } from '../src/channel/ports.js';
import { MemoryBus } from '../src/testing/index.js';
import { collect, playedBoard, PlayedServer, type Played } from './played.js';
import { VirtualTime } from './virtual-time.js';

const config = (id = '1', more: { report?: number; ssid?: string } = {}) =>
  `["${id}\\n", 8123, "10.0.0.1", 1500, ${more.report ?? 0}, "${more.ssid ?? ''}", "", "cfg"]`;

let time: VirtualTime;
let bus: MemoryBus;
let server: PlayedServer;
let bridge: Bridge;
let told: string[];
let boards: Played[];

function open(more: Partial<BridgeOptions> = {}): void {
  const hardware = { ...bus.responder, reset: { pin: bus.responder.reset } };
  bridge = openBridge({ ...hardware, clock: time, connect: server.connect, ...more });
  told = [];
  bridge.on('synchronised', () => void told.push('synchronised'));
  bridge.on('configured', ({ id }, resumed) => void told.push(`${resumed ? 'resumed' : 'configured'} ${id}`));
  bridge.on('state', (up) => void told.push(up ? 'up' : 'down'));
  bridge.on('stopped', (error) => void told.push(`stopped: ${error.message}`));
  bridge.on('ended', (error) => void told.push(`ended: ${(error as LinkError | undefined)?.code}`));
  bridge.on('peerError', (error) => void told.push(`peerError: ${error.code}`));
}

/** A board that has synchronised and said its configuration. */
async function board(line = config()): Promise<Played> {
  const played = await time.settled(playedBoard(bus, time));
  boards.push(played);
  played.says(line);
  return played;
}

const hears = (played: Played, ...lines: string[]) =>
  time.until(() => lines.every((line) => played.lines.includes(line)));

beforeEach(() => {
  time = new VirtualTime();
  bus = new MemoryBus({ clock: time });
  server = new PlayedServer(time);
  boards = [];
});
afterEach(async () => {
  await time.settled(Promise.all([bridge.close(), server.close()]));
  for (const { channel } of boards) channel.destroy();
  await time.advance(5);
  expect(time.armed, 'timers left').toBe(0);
});

describe('a bridge', () => {
  it('connects as the client that the board says, and reports to it when the server is up', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    expect(server.dialled).toEqual([
      {
        ...{ id: '1', host: '10.0.0.1', port: 8123, timeout: 1500, maxLineBytes: 65536, ackWhen: 'read' },
        badServer: expect.any(Function) as unknown,
        badWifi: expect.any(Function) as unknown,
      },
    ]);
    expect(bridge.status).toBe(true);
    server.cut();
    await hears(played, 'd');
    server.link();
    await time.until(() => played.lines.filter((line) => line === 'u').length === 2);
    expect(told).toEqual(['synchronised', 'configured 1', 'up', 'down', 'up']);
  });

  it('passes lines both ways, each once, with their flags', async () => {
    open();
    const atServer = collect(server.session('1'));
    const played = await board();
    const long = 'é'.repeat(300);
    const answered = [server.session('1').write('hello'), server.session('1').write(long)];
    played.says('3one', '2two', '1three', '0four', '3', `3${long}`);
    await hears(played, 'nhello', `n${long}`);
    await time.until(() => atServer.length === 5);
    expect(atServer).toEqual(['one', 'two', 'three', 'four', long]);
    await time.settled(Promise.all(answered));
    expect(server.session('1').stats).toMatchObject({ received: 5, sent: 2, duplicatesDropped: 0 });
  });

  it('drops bytes that are not a line, says so, and goes on', async () => {
    open({ maxLineBytes: 200 });
    const atServer = collect(server.session('1'));
    const played = await board();
    played.says('hello', '4x', `3${'x'.repeat(201)}`, '3hi');
    await time.until(() => atServer.length === 1);
    expect(atServer).toEqual(['hi']);
    expect(told.filter((it) => it.startsWith('peer'))).toEqual([
      'peerError: ERR_BAD_FRAME',
      'peerError: ERR_BAD_FRAME',
      'peerError: ERR_LINE_TOO_LONG',
    ]);
  });

  it('does nothing with a configuration that it cannot read, until the next synchronisation', async () => {
    open();
    const broken = await board('["1", 8123, "cfg"]');
    await time.advance(10_000);
    expect([server.dialled, broken.heard]).toEqual([[], '']);
    broken.channel.destroy();
    await hears(await board(), 'u');
    expect(told).toContain('peerError: ERR_BAD_FRAME');
  });

  it('says that it is alive every 2 s, but not before the first connection', async () => {
    server.reachable = false;
    open();
    const played = await board(config('1', { report: 60 }));
    await time.advance(30_000);
    expect(played.heard).toBe('');
    server.link();
    await hears(played, 'u');
    await time.advance(10_000);
    expect(played.lines.filter((line) => line === 'k')).toHaveLength(5);
    server.cut();
    await time.advance(10_000);
    expect(played.lines.filter((line) => line === 'k')).toHaveLength(10);
  });

  it('reports once in this number of seconds', async () => {
    open();
    const played = await board(config('1', { report: 5 }));
    await hears(played, 'u');
    await time.advance(11_000);
    expect(played.lines.filter((line) => line.startsWith('r'))).toEqual([
      expect.stringMatching(/^r\[1,0,\d+\]$/),
      expect.stringMatching(/^r\[1,1,\d+\]$/),
    ]);
  });

  it('piles up nothing while the board takes nothing, and gives it the latest then', async () => {
    open();
    const played = await board(config('1', { report: 1 }));
    await hears(played, 'u');
    played.channel.hold(true);
    await time.advance(1000);
    const before = played.lines.length;
    for (let i = 0; i < 10; i++) {
      server.cut();
      await time.advance(1000);
      server.link();
      await time.advance(1000);
    }
    played.channel.hold(false);
    await time.advance(950);
    expect(played.lines.length - before).toBeLessThanOrEqual(5);
    expect(played.lines.slice(before)).toContain('u');
  });
});

describe('a board that does not begin with its configuration', () => {
  /** What an original does once its transfer is late: it ends, and the next `board` resets the bridge. */
  const gaveUp = (played: Played) => time.until(() => played.ended);

  it('is configured by the list that ends in "cfg", and what came before that is dropped', async () => {
    open({ maxLineBytes: 200 });
    const atServer = collect(server.session('1'));
    const played = await board('3early');
    played.says('["1", 8123]', `3${'x'.repeat(201)}`, config(), '3late');
    await hears(played, 'u');
    await time.until(() => atServer.length === 1);
    expect(atServer).toEqual(['late']);
    expect(told.slice(0, 5)).toEqual([
      'synchronised',
      'peerError: ERR_BAD_FRAME',
      'peerError: ERR_BAD_FRAME',
      'peerError: ERR_LINE_TOO_LONG',
      'configured 1',
    ]);
  });

  it('is not answered any more after 4 s, so that it resets the bridge and begins again', async () => {
    open();
    const synchronisedAt = time.now() + 200;
    const played = await board('3early');
    await time.until(() => told.includes('ended: ERR_LINK_LOST'));
    expect(time.now() - synchronisedAt).toBeCloseTo(4000, -2);
    await gaveUp(played);
    expect(time.now() - synchronisedAt).toBeLessThan(10_000);
    await hears(await board(), 'u');
    expect(told).toEqual([
      'synchronised',
      'peerError: ERR_BAD_FRAME',
      'ended: ERR_LINK_LOST',
      'synchronised',
      'configured 1',
      'up',
    ]);
  });

  it('is answered again only when it has given up, where there is no reset wire', async () => {
    open({ reset: undefined });
    await board('3early');
    await time.until(() => told.includes('ended: ERR_LINK_LOST'));
    // As an original, which does not look at ack between two exchanges, and has 5 s to find out in the next.
    bus.initiator.syn.write(0);
    await time.advance(9900);
    expect(bus.level('ack')).toBe(1);
    bus.initiator.syn.write(1);
    await hears(await board(), 'u');
  });

  it('is not given up when its configuration has come in time', async () => {
    open();
    server.reachable = false;
    await board();
    await time.advance(60_000);
    expect(told).toEqual(['synchronised', 'configured 1']);
  });
});

describe("the board's lines", () => {
  it('are taken one at a time, the next when the server has acked the last', async () => {
    open();
    const atServer = collect(server.session('1'));
    const played = await board();
    await hears(played, 'u');
    server.cut();
    await hears(played, 'd');
    let taken = 0;
    bus.observe((event) => {
      if (event.type === 'transfer' && event.kind === 'read' && event.bytes.length > 2) taken += 1;
    });
    played.says('3one', '3two', '3three');
    await time.advance(5000);
    expect([taken, atServer]).toEqual([1, []]);
    server.link();
    await time.until(() => atServer.length === 3);
    expect(atServer).toEqual(['one', 'two', 'three']);
  });

  it('stay with the board until the first connection', async () => {
    server.reachable = false;
    open();
    const atServer = collect(server.session('1'));
    const played = await board();
    played.says('3one');
    await time.advance(5000);
    played.channel.destroy();
    const again = await board();
    again.says('3one');
    await time.advance(5000);
    server.link();
    await time.until(() => atServer.length > 0);
    await time.advance(5000);
    expect(atServer).toEqual(['one']);
  });

  it('arrive once though the channel is reset before the ack', async () => {
    open();
    const atServer = collect(server.session('1'));
    const played = await board();
    await hears(played, 'u');
    server.cut();
    await hears(played, 'd');
    played.says('3one');
    await time.advance(1000);
    played.channel.destroy();
    const again = await board();
    again.says('3two');
    server.link();
    await time.until(() => atServer.length === 2);
    expect(atServer).toEqual(['one', 'two']);
    expect(server.dialled).toHaveLength(1);
  });

  it('of which half had come before a reset are dropped', async () => {
    open();
    const atServer = collect(server.session('1'));
    const played = await board();
    await hears(played, 'u');
    played.channel.write(new TextEncoder().encode('3half'));
    await time.advance(1000);
    played.channel.destroy();
    const again = await board();
    again.says('3whole');
    await time.until(() => atServer.length === 1);
    expect(atServer).toEqual(['whole']);
  });
});

describe("the server's lines", () => {
  it('wait in the keeping of the server while the board takes none', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    played.channel.hold(true);
    const acked: number[] = [];
    for (let i = 0; i < 10; i++)
      void server
        .session('1')
        .write(String(i))
        .then(() => acked.push(i));
    await time.advance(60_000);
    expect(acked).toEqual([0]);
    played.channel.hold(false);
    await hears(played, 'n9');
    expect(played.lines.filter((line) => line.startsWith('n'))).toEqual(
      Array.from({ length: 10 }, (_, i) => `n${i}`),
    );
  });

  it('are given again whole after a reset, when they had only begun', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    const long = 'x'.repeat(1000);
    void server.session('1').write(long);
    void server.session('1').write('next');
    await time.until(() => played.heard.includes('nx'));
    played.channel.destroy();
    const again = await board();
    await hears(again, `n${long}`, 'nnext');
    expect(again.lines).toEqual(['u', 'k', `n${long}`, 'nnext'].filter((line) => again.lines.includes(line)));
    expect(told).toContain('resumed 1');
  });

  it('are given once, although the board resets before it has said that it has them', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    const stop = bus.observe((event) => {
      // The line was carried; the wire hides that the board says so.
      if (event.type !== 'transfer' || event.kind !== 'write' || event.bytes.length < 6) return;
      stop();
      bus.stick('syn', 1);
    });
    void server.session('1').write('hello');
    await hears(played, 'nhello');
    await time.until(() => played.ended);
    bus.release('syn');
    const again = await board();
    void server.session('1').write('next');
    await hears(again, 'nnext');
    expect(again.lines.filter((line) => line.startsWith('n'))).toEqual(['nnext']);
  });

  it('are kept while there is no board', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    played.channel.destroy();
    await time.advance(5000);
    void server.session('1').write('hello');
    await time.advance(5000);
    await hears(await board(), 'u', 'nhello');
  });
});

describe('a reset', () => {
  it('with the same configuration leaves the client as it is, and the board is sent its state', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    played.channel.destroy();
    await hears(await board(), 'u', 'k');
    expect(server.dialled).toHaveLength(1);
    expect(server.clients[0]!.connects).toBe(1);
    expect(told).toEqual([
      'synchronised',
      'configured 1',
      'up',
      'ended: ERR_LINK_LOST',
      'synchronised',
      'resumed 1',
    ]);
  });

  it('while the server is away is reported to the board again: it may not have received it', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    played.channel.hold(true);
    await time.advance(1000);
    server.cut();
    await time.advance(1000);
    played.channel.destroy();
    await hears(await board(), 'd', 'k');
    expect(played.lines).not.toContain('d');
  });

  it('with another configuration closes the client, and then makes another', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    let left: () => void = () => undefined;
    server.leaving = new Promise((resolve) => (left = resolve));
    played.channel.destroy();
    const other = await board(config('2'));
    other.says('3hello');
    await time.advance(5000);
    await expect(server.clients[0]!.readline()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(server.dialled.map(({ id }) => id)).toEqual(['1']);
    left();
    await hears(other, 'u');
    expect(server.dialled.map(({ id }) => id)).toEqual(['1', '2']);
    const atServer = collect(server.session('2'));
    await time.until(() => atServer.length === 1);
    expect(atServer).toEqual(['hello']);
  });

  it('without a reset wire is seen as a new synchronisation', async () => {
    open({ reset: undefined });
    const played = await board();
    await hears(played, 'u');
    played.channel.destroy();
    await hears(await board(), 'u');
    expect(told).toContain('resumed 1');
  });

  it('that the bridge has not seen is found out in the middle of an exchange', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    // The bridge sleeps from its question on: it sees neither the answer nor the pulse.
    const stop = bus.observe((event) => {
      if (event.type !== 'edge' || event.wire !== 'ack' || event.level === 0 || bus.level('syn') === 1)
        return;
      stop();
      bus.stick('syn', 0);
      bus.stick('reset', 1);
    });
    await time.until(() => played.ended);
    const again = board();
    await time.advance(1000);
    expect([bus.level('ack'), bus.level('syn')]).toEqual([1, 0]);
    bus.release('syn');
    bus.release('reset');
    await hears(await again, 'u');
    expect(told).toContain('resumed 1');
  });

  it('follows an error of the bus, after which nothing is done but to wait for it', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    bus.failNextTransfer();
    await time.until(() => played.ended);
    const before = told.length;
    await time.advance(60_000);
    expect(told).toHaveLength(before);
    await hears(await board(), 'u');
  });
});

const context = { attempt: 1, signal: new AbortController().signal };

describe('a bridge that finds no server', () => {
  it('reports to the board, and does nothing more until it is reset', async () => {
    server.reachable = false;
    open();
    const played = await board();
    await time.until(() => server.clients.length === 1);
    void server.clients[0]!.close(new LinkError('ERR_CONNECT', 'refused'));
    await hears(played, 's');
    await time.advance(60_000);
    expect(played.lines).toEqual(['s']);
    expect(told.at(-1)).toBe('stopped: refused');
    server.reachable = true;
    played.channel.destroy();
    await hears(await board(), 'u');
    expect(server.dialled).toHaveLength(2);
  });

  it.each(['EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH'])(
    'waits for 20 s for a network that is not there yet (%s), as when both units have just booted',
    async (code) => {
      server.reachable = false;
      open();
      await board();
      await time.until(() => server.dialled.length === 1);
      const { badServer } = server.dialled[0]!;
      const unreachable = new LinkError('ERR_CONNECT', 'no network', { cause: { code } });
      expect(badServer!(unreachable, context)).toBeUndefined();
      await time.advance(20_000);
      expect(() => badServer!(unreachable, context)).toThrow(unreachable);
    },
  );

  it('does not wait for a server that refuses', async () => {
    server.reachable = false;
    open();
    await board();
    await time.until(() => server.dialled.length === 1);
    const refused = new LinkError('ERR_CONNECT', 'refused', { cause: { code: 'ECONNREFUSED' } });
    expect(() => server.dialled[0]!.badServer!(refused, context)).toThrow(refused);
  });

  it('reports to the board too when no client can be made', async () => {
    open({
      connect: () => {
        throw new Error('unknown option');
      },
    });
    const played = await board();
    await hears(played, 's');
    expect(told.at(-1)).toBe('stopped: unknown option');
  });
});

describe('a bridge that looks after WiFi', () => {
  const network: Network = {
    hasCredentials: true,
    isConnected: () => Promise.resolve(false),
    connect: () => Promise.reject(new Error('no WiFi')),
    disconnect: () => Promise.resolve(),
    onChange: () => () => undefined,
  };
  const noWifi = new LinkError('ERR_NETWORK', 'no WiFi');

  it('makes the network of the credentials that the board gives', async () => {
    const made: object[] = [];
    const make = (credentials: object) => {
      made.push(credentials);
      return network;
    };
    open({ network: make });
    const played = await board('["1", 8123, "10.0.0.1", 1500, 0, "net", "secret", "cfg"]');
    await hears(played, 'u');
    played.channel.destroy();
    await hears(await board(), 'u');
    expect(made).toEqual([{ ssid: 'net', password: 'secret' }, {}]);
    expect(server.dialled[0]!.network).toBe(network);
  });

  it.each([
    ['a password of five letters', '"net", "short"'],
    ['a password without a name', '"", "long enough"'],
  ])('reports no WiFi to the board when it gives %s', async (_, credentials) => {
    open({ network: networkManager });
    const played = await board(`["1", 8123, "10.0.0.1", 1500, 0, ${credentials}, "cfg"]`);
    await hears(played, 'b');
    expect(told.at(-1)).toMatch(/^stopped: the board's WiFi credentials cannot be used: /);
    expect(server.dialled).toEqual([]);
  });

  it.each(['net', ''])(
    'tries for 20 s with the network "%s", and reports to the board then',
    async (ssid) => {
      server.reachable = false;
      open({ network: () => network });
      const played = await board(config('1', { ssid }));
      await time.until(() => server.dialled.length === 1);
      const { badWifi } = server.dialled[0]!;
      expect(badWifi!(noWifi, context)).toBeUndefined();
      await time.advance(20_000);
      expect(() => badWifi!(noWifi, context)).toThrow(noWifi);
      void server.clients[0]!.close(noWifi);
      await hears(played, 'b');
    },
  );
});

describe('the bus and the end of a bridge', () => {
  it('is tried once a second while it cannot be used at all', async () => {
    const syn: BridgeOptions['syn'] = {
      ...bus.responder.syn,
      read: () => {
        throw new Error('the line does not exist');
      },
    };
    open({ syn });
    await time.advance(10_000);
    expect(told.length).toBeGreaterThanOrEqual(10);
    expect(told.length).toBeLessThanOrEqual(12);
    expect(new Set(told)).toEqual(new Set(['ended: ERR_LINK_LOST']));
  });

  it('is tried once a second too when there is no reset wire and ack cannot be driven', async () => {
    let attempts = 0;
    const ack: BridgeOptions['ack'] = {
      ...bus.responder.ack,
      write: () => {
        // Where nothing paces them the event loop has no turn any more, and this test would not end.
        if (++attempts <= 100) throw new Error('the line does not exist');
      },
    };
    bus.initiator.syn.write(0);
    open({ ack, reset: undefined });
    await time.advance(10_000);
    expect(attempts).toBeGreaterThanOrEqual(10);
    expect(attempts).toBeLessThanOrEqual(12);
    expect(new Set(told)).toEqual(new Set(['ended: ERR_LINK_LOST']));
  });

  it('has one transfer at a time, although the board resets while one hangs', async () => {
    const { master } = bus.responder;
    let hanging = false;
    let transfers = 0;
    let most = 0;
    const hung = async <T>(transfer: () => Promise<T>): Promise<T> => {
      most = Math.max(most, ++transfers);
      if (hanging) await new Promise<void>((resolve) => void time.at(time.now() + 20_000, resolve));
      return transfer().finally(() => (transfers -= 1));
    };
    open({
      master: {
        read: (address, length) => hung(() => master.read(address, length)),
        write: (address, bytes) => hung(() => master.write(address, bytes)),
      },
    });
    await hears(await board(), 'u');
    hanging = true;
    await time.until(() => boards.at(-1)!.ended);
    const again = board();
    await time.advance(5000);
    hanging = false;
    await hears(await again, 'u');
    expect(most).toBe(1);
    expect(told.filter((it) => it === 'synchronised')).toHaveLength(2);
  });

  it('may go away, as an adapter that is unplugged: that is told, and the close still releases the client', async () => {
    let gone = false;
    const breakable = (pin: Pin): Pin => {
      const present = () => {
        if (gone) throw new Error('ENODEV');
        return pin;
      };
      return {
        read: () => present().read(),
        write: (level) => present().write(level),
        onEdge: (listener) => present().onEdge(listener),
      };
    };
    const { syn, ack, reset } = bus.responder;
    open({ syn: breakable(syn), ack: breakable(ack), reset: { pin: breakable(reset) } });
    const played = await board();
    await hears(played, 'u');
    gone = true;
    await time.advance(3000);
    // The channel, then the wires each second.
    expect(told.filter((it) => it === 'ended: ERR_LINK_LOST').length).toBeGreaterThanOrEqual(3);
    await time.settled(bridge.close());
    await expect(server.clients[0]!.readline()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('may go away at the moment of the close', async () => {
    let gone = false;
    const { reset } = bus.responder;
    const pin: Pin = {
      ...reset,
      onEdge: (listener) => {
        if (gone) throw new Error('ENODEV');
        return reset.onEdge(listener);
      },
    };
    open({ reset: { pin } });
    await hears(await board(), 'u');
    gone = true;
    await time.settled(bridge.close());
    await expect(server.clients[0]!.readline()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('closes the channel, then the client, however often it is asked to', async () => {
    open();
    const played = await board();
    await hears(played, 'u');
    await time.settled(Promise.all([bridge.close(), bridge.close(), bridge[Symbol.asyncDispose]()]));
    expect(bridge.status).toBe(false);
    await expect(server.clients[0]!.readline()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await time.until(() => played.ended);
    expect(bus.level('ack')).toBe(1);
  });

  it('may be closed as soon as it is opened', async () => {
    open();
    await time.settled(bridge.close());
    expect(bus.level('ack')).toBe(1);
  });

  it('has its next event waited for, and its end', async () => {
    open();
    const message =
      'there is no event up: the events are synchronised, configured, state, stopped, ended, peerError';
    expect(() => bridge.on('up' as 'state', () => undefined)).toThrow(message);
    await expect(bridge.once('up' as 'state')).rejects.toThrow(message);
    const [configured, stopped] = [bridge.once('configured'), bridge.once('stopped')];
    await board();
    expect(await time.settled(configured)).toMatchObject([{ id: '1', host: '10.0.0.1' }, false]);
    await time.settled(bridge.close());
    await expect(stopped).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await bridge.closed).toBe(undefined);
  });

  it.each<Partial<BridgeOptions>>([{ maxLineBytes: 0 }, { connect: 1 as never }, { network: {} as never }])(
    'is not made with %o',
    (wrong) => {
      open();
      expect(() => openBridge({ ...bus.responder, reset: undefined, clock: time, ...wrong })).toThrow(
        expect.objectContaining({ code: 'ERR_BAD_OPTION' }),
      );
    },
  );
});
