import { LinkError, PeerError } from '@iot/framing';
import { describe, expect, it } from 'vitest';
import { openChannel } from '../src/channel/open.js';
import { SLAVE_ADDRESS } from '../src/channel/payloads.js';
import type { Pin } from '../src/channel/ports.js';
import { utf8 } from './text.js';
import { Owner, World } from './world.js';

describe('a channel', () => {
  it('says where its other end is', async () => {
    const [initiator, responder] = await new World().pair();
    expect(initiator.remoteAddress).toBe('i2c:responder');
    expect(responder.remoteAddress).toBe('i2c:initiator');
  });

  it('is full from 200 queued bytes on, and drained once all are taken', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const near = new Owner(initiator);
    new Owner(responder);
    expect(initiator.write(new Uint8Array(199))).toBe(true);
    expect(initiator.write(new Uint8Array(1))).toBe(false);
    await world.time.until(() => near.taken === 199);
    expect(near.drains).toBe(0);
    await world.time.until(() => near.taken === 200);
    expect(near.drains).toBe(1);
    expect(initiator.write(new Uint8Array(1))).toBe(true);
    await world.time.until(() => near.taken === 201);
    expect(near.drains).toBe(1);
  });

  it('reports what came and what was taken before it was started, and takes one payload until then', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    for (const channel of [initiator, responder]) {
      channel.write(utf8('one\n'));
      channel.write(utf8('two\n'));
    }
    await world.time.advance(5000);
    const [near, far] = [new Owner(initiator), new Owner(responder)];
    expect([near.texts, near.taken]).toEqual([[], 0]);
    await world.time.advance(0);
    expect([near.texts, near.taken, far.texts, far.taken]).toEqual([['one\n'], 4, ['one\n'], 4]);
    await world.time.advance(500);
    expect([near.texts, far.texts]).toEqual([
      ['one\n', 'two\n'],
      ['one\n', 'two\n'],
    ]);
  });

  it('asks for no timer at the responder between two exchanges', async () => {
    const world = new World();
    const { syn } = world.bus.initiator;
    const opening = world.responder();
    await world.time.advance(0);
    expect(world.time.armed).toBe(0);
    syn.write(0);
    const responder = await world.time.settled(opening);
    new Owner(responder);
    responder.write(utf8('down'));
    await world.time.advance(0);
    expect(world.time.armed).toBe(0);
    syn.write(1);
    await world.time.advance(0);
    expect(world.time.armed).toBe(1);
  });
});

describe('the end of a channel', () => {
  it('is one in order when the other unit leaves between two exchanges', async () => {
    for (const leaver of [0, 1]) {
      const world = new World();
      const channels = await world.pair();
      const owner = new Owner(channels[1 - leaver]!);
      await world.time.advance(1050);
      await world.time.settled(channels[leaver]!.close());
      await world.time.until(() => owner.ends.length > 0);
      expect(owner.ends).toEqual(['fin']);
      expect(channels[1 - leaver]!.failure).toMatchObject({ name: 'LinkError', code: 'ERR_LINK_LOST' });
      expect(channels[leaver]!.failure).toBeUndefined();
      // A responder that is left waits for the next initiator as it is.
      expect([world.bus.level('syn'), world.bus.level('ack')]).toEqual([1, leaver]);
    }
  });

  it('is a break when the responder hangs, and leaves syn high', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const near = new Owner(initiator);
    new Owner(responder);
    await world.time.advance(1050);
    world.bus.stick('ack', 0);
    await world.time.until(() => near.ends.length > 0);
    expect(near.ends).toEqual(['reset']);
    expect(initiator.failure).toBeInstanceOf(LinkError);
    expect(initiator.failure?.message).toBe(
      'the responder did not raise ack in time: it hangs or is gone, and must be reset',
    );
    expect(world.bus.level('syn')).toBe(1);
  });

  it('is a break when a transfer fails on the bus, whose error is the cause', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    new Owner(initiator);
    const far = new Owner(responder);
    responder.write(utf8('down'));
    world.bus.observe((event) => {
      if (event.type === 'transfer' && event.kind === 'read') world.bus.failNextTransfer();
    });
    await world.time.until(() => far.ends.length > 0);
    expect(far.ends).toEqual(['reset']);
    expect(responder.failure).toMatchObject({ code: 'ERR_LINK_LOST', cause: { code: 'ENXIO' } });
    expect(world.bus.level('ack')).toBe(1);
  });

  it('is a break when a wire can be read no more', async () => {
    const world = new World();
    const cause = new Error('ENODEV');
    const { master, ack } = world.bus.responder;
    let gone = false;
    const syn: Pin = {
      ...world.bus.responder.syn,
      read: () => {
        if (gone) throw cause;
        return world.bus.level('syn');
      },
    };
    const opening = openChannel({ role: 'responder', master, syn, ack, clock: world.time });
    const [, responder] = await world.time.settled(Promise.all([world.initiator(), opening]));
    const far = new Owner(responder);
    gone = true;
    await world.time.until(() => far.ends.length > 0);
    expect(responder.failure).toMatchObject({ code: 'ERR_LINK_LOST', cause });
  });

  it('is a break when the other unit breaks the protocol', async () => {
    const world = new World();
    const { slave, syn, ack } = world.bus.initiator;
    const opening = world.responder();
    syn.write(0);
    const responder = await world.time.settled(opening);
    const far = new Owner(responder);
    syn.write(1);
    void slave.send(Uint8Array.of(201, 0), new AbortController().signal);
    ack.onEdge(() => syn.write(0));
    await world.time.until(() => far.ends.length > 0);
    expect(far.ends).toEqual(['reset']);
    expect(responder.failure).toBeInstanceOf(PeerError);
    expect(responder.failure?.message).toMatch(/announced 201 bytes, .* at most 200/);
  });

  it('is one of an exchange that was broken off when the other unit is destroyed within it', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const [near, far] = [new Owner(initiator), new Owner(responder)];
    far.onData = () => responder.destroy();
    initiator.write(utf8('up'));
    await world.time.until(() => near.ends.length > 0);
    expect([near.ends, near.taken]).toEqual([['reset'], 2]);
    expect([far.ends, world.bus.level('ack'), world.bus.level('syn')]).toEqual([[], 1, 1]);
  });

  it('waits in close for what was written, as long as the other unit takes it', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const far = new Owner(responder);
    initiator.write(new Uint8Array(20_000));
    await world.time.settled(initiator.close());
    expect(world.time.now()).toBeGreaterThan(10_000);
    await world.time.until(() => far.ends.length > 0);
    expect([far.bytes.length, far.ends]).toEqual([20_000, ['fin']]);
  });

  it('waits in close for two seconds in which nothing is taken, and no longer', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    new Owner(responder);
    responder.hold(true);
    await world.time.advance(1150);
    initiator.write(utf8('up'));
    const since = world.time.now();
    await world.time.settled(initiator.close());
    expect(world.time.now() - since).toBe(2000);
    expect(world.bus.level('syn')).toBe(1);
    expect(initiator.write(utf8('up'))).toBe(false);
  });

  it('finishes the exchange that is under way when it is closed', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const [near, far] = [new Owner(initiator), new Owner(responder)];
    let closed = Promise.resolve();
    far.onData = () => {
      closed = responder.close();
    };
    initiator.write(utf8('up'));
    responder.write(utf8('down'));
    await world.time.until(() => near.ends.length > 0);
    await world.time.settled(closed);
    expect([near.texts, near.ends]).toEqual([['down'], ['fin']]);
  });

  it('leaves no answer on the bus and no listener on a wire', async () => {
    const world = new World();
    let ears = 0;
    const counted = (pin: Pin): Pin => ({
      ...pin,
      onEdge: (listener) => {
        ears += 1;
        const unlisten = pin.onEdge(listener);
        return () => {
          ears -= 1;
          unlisten();
        };
      },
    });
    const { slave, syn } = world.bus.initiator;
    const ack = counted(world.bus.initiator.ack);
    const near = openChannel({ role: 'initiator', slave, syn, ack, clock: world.time });
    const { master, ack: ownAck } = world.bus.responder;
    const [remote, reset] = [counted(world.bus.responder.syn), counted(world.bus.responder.reset)];
    const ports = { master, syn: remote, ack: ownAck, reset: { pin: reset } };
    const far = openChannel({ role: 'responder', ...ports, clock: world.time });
    const [initiator, responder] = await world.time.settled(Promise.all([near, far]));
    expect(ears).toBe(3);
    await world.time.until(() => world.bus.level('syn') === 1);
    initiator.destroy();
    responder.destroy();
    expect(ears).toBe(0);
    await expect(world.time.settled(master.read(SLAVE_ADDRESS, 2))).rejects.toMatchObject({ code: 'ENXIO' });
  });

  it('is over once its last transfer is, which is not called back', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    for (const channel of [initiator, responder]) new Owner(channel);
    const events: string[] = [];
    world.bus.observe(({ type }) => events.push(type));
    await world.time.until(() => events.includes('began'));
    responder.destroy();
    await world.time.settled(responder.close().then(() => events.push('closed')));
    expect(events.filter((type) => type !== 'edge')).toEqual(['began', 'transfer', 'closed']);
  });
});
