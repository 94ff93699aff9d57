import { nodeClock } from '@iot/connection/node';
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { openChannel } from '../src/channel/open.js';
import type { Pin } from '../src/channel/ports.js';
import { MemoryBus } from '../src/testing/index.js';
import { utf8 } from './text.js';
import { Owner, World } from './world.js';

describe('opening a channel', () => {
  it('waits for the other unit without limit, whoever comes first', async () => {
    for (const first of ['initiator', 'responder'] as const) {
      const world = new World();
      const one = world[first]();
      await world.time.advance(3_600_000);
      const other = world[first === 'initiator' ? 'responder' : 'initiator']();
      await world.time.settled(Promise.all([one, other]));
    }
  });

  it('rejects with the reason when it is aborted, and leaves its wire high', async () => {
    const reason = new Error('not today');
    for (const unit of ['initiator', 'responder'] as const) {
      const world = new World();
      const aborter = new AbortController();
      const opening = world[unit]({ signal: aborter.signal });
      await world.time.advance(1000);
      const own = unit === 'initiator' ? 'syn' : 'ack';
      // A responder waits for the initiator's wire first.
      expect(world.bus.level(own)).toBe(unit === 'initiator' ? 0 : 1);
      aborter.abort(reason);
      await expect(opening).rejects.toBe(reason);
      expect([world.bus.level(own), world.time.armed]).toEqual([1, 0]);
      await expect(world[unit]({ signal: aborter.signal })).rejects.toBe(reason);
    }
  });

  it('is not undone by an abort that comes later', async () => {
    const world = new World();
    const aborter = new AbortController();
    const opening = [
      world.initiator({ signal: aborter.signal }),
      world.responder({ signal: aborter.signal }),
    ];
    const [initiator, responder] = await world.time.settled(Promise.all(opening));
    aborter.abort();
    const far = new Owner(responder!);
    initiator!.write(utf8('up'));
    await world.time.until(() => far.pieces.length === 1);
  });

  it('rejects when a wire cannot be driven', async () => {
    const world = new World();
    const cause = new Error('EBUSY');
    const { slave, ack } = world.bus.initiator;
    const syn = {
      ...world.bus.initiator.syn,
      write: () => {
        throw cause;
      },
    };
    const opening = openChannel({ role: 'initiator', slave, syn, ack, clock: world.time });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_LINK_LOST', cause });
  });

  it('rejects when the answer to the initiator cannot be driven', async () => {
    const world = new World();
    const cause = new Error('EBUSY');
    const { master, syn, ack } = world.bus.responder;
    const broken: Pin = {
      ...ack,
      write: () => {
        throw cause;
      },
    };
    world.bus.initiator.syn.write(0);
    const opening = openChannel({ role: 'responder', master, syn, ack: broken, clock: world.time });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_LINK_LOST', cause });
  });

  it.each(['onEdge', 'read'] as const)(
    'rejects when the reset wire fails at %s, and listens to nothing then',
    async (call) => {
      const world = new World();
      const cause = new Error('ENODEV');
      let listeners = 0;
      const pin: Pin = {
        ...world.bus.responder.reset,
        onEdge: () => {
          listeners += 1;
          return () => (listeners -= 1);
        },
        [call]: () => {
          throw cause;
        },
      };
      const { signal } = new AbortController();
      const hardware = { ...world.bus.responder, reset: { pin } };
      const opening = openChannel({ role: 'responder', ...hardware, clock: world.time, signal });
      await expect(opening).rejects.toMatchObject({ name: 'LinkError', code: 'ERR_LINK_LOST', cause });
      expect([listeners, getEventListeners(signal, 'abort')]).toEqual([0, []]);
    },
  );
});

describe('the reset line', () => {
  it('is pulsed for 200 ms before synchronising, active low', async () => {
    const world = new World();
    const trace = world.trace();
    void world.initiator({ reset: true });
    await world.time.advance(199);
    expect(trace).toEqual(['reset low']);
    await world.time.advance(1);
    expect(trace).toEqual(['reset low', 'reset high', 'syn low']);
  });

  it('has the level and the length that it is given', async () => {
    const world = new World();
    const { slave, syn, ack, reset: pin } = world.bus.initiator;
    pin.write(0);
    const trace = world.trace();
    const reset = { pin, activeLevel: 1, pulseMs: 50 } as const;
    void openChannel({ role: 'initiator', slave, syn, ack, reset, clock: world.time });
    await world.time.advance(50);
    expect(trace).toEqual(['reset high', 'reset low', 'syn low']);
  });

  it('keeps a responder waiting with its wire high, and restarts one that synchronises', async () => {
    const world = new World();
    const { reset } = world.bus.initiator;
    reset.write(0);
    const opening = world.responder({ reset: true });
    world.bus.initiator.syn.write(0);
    await world.time.advance(1000);
    expect(world.bus.level('ack')).toBe(1);
    world.bus.initiator.syn.write(1);
    reset.write(1);
    await world.time.advance(0);
    reset.write(0);
    world.bus.initiator.syn.write(0);
    await world.time.advance(0);
    expect(world.bus.level('ack')).toBe(1);
    reset.write(1);
    await world.time.settled(opening);
    expect(world.bus.level('ack')).toBe(0);
  });

  it('ends the channel of a responder that listens to it', async () => {
    const world = new World();
    const opening = Promise.all([world.initiator({ reset: true }), world.responder({ reset: true })]);
    const [, responder] = await world.time.settled(opening);
    const far = new Owner(responder);
    await world.time.advance(1050);
    world.bus.initiator.reset.write(0);
    await world.time.advance(0);
    expect(far.ends).toEqual(['reset']);
    expect(responder.failure?.message).toBe('the initiator has reset this unit: open the channel again');
    expect(world.bus.level('ack')).toBe(1);
  });

  it('may be aborted while it keeps a responder waiting', async () => {
    const world = new World();
    world.bus.initiator.reset.write(0);
    const aborter = new AbortController();
    const opening = world.responder({ reset: true, signal: aborter.signal });
    await world.time.advance(10);
    aborter.abort();
    await expect(opening).rejects.toBe(aborter.signal.reason);
    world.bus.initiator.reset.write(1);
    await world.time.advance(10);
    expect(world.bus.level('ack')).toBe(1);
  });
});

describe('time', () => {
  it('that a busy process has slept through is not the responder’s fault', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const near = new Owner(initiator);
    new Owner(responder);
    // At the moment at which ack has to have risen its edge lies there, not yet reported.
    let late = false;
    world.bus.observe((event) => {
      if (event.type !== 'transfer' || late) return;
      late = true;
      world.bus.stick('ack', 0);
      world.time.at(world.time.now() + 1000, () => world.bus.release('ack'));
    });
    await world.time.advance(4000);
    expect([late, near.ends]).toEqual([true, []]);
  });

  it('that a responder has slept through does not make it receive twice', async () => {
    const world = new World();
    const opening = Promise.all([world.initiator({ reset: true }), world.responder({ reset: true })]);
    const [initiator, responder] = await world.time.settled(opening);
    const far = new Owner(responder);
    const near = new Owner(initiator);
    // The initiator has given up and lowered syn to synchronise again; neither edge has been told when the read ends.
    const stop = world.bus.observe((event) => {
      if (event.type !== 'transfer' || event.kind !== 'read' || event.bytes.length === 2) return;
      stop();
      world.bus.stick('syn', 0);
    });
    initiator.write(utf8('once'));
    await world.time.until(() => near.ends.length > 0);
    expect([far.pieces, near.taken]).toEqual([[], 0]);
    initiator.destroy();
    responder.destroy();
  });

  it('may be that of Node', async () => {
    const bus = new MemoryBus({ clock: nodeClock });
    const { slave, syn, ack } = bus.initiator;
    const { master } = bus.responder;
    const ends = await Promise.all([
      openChannel({ role: 'initiator', slave, syn, ack, clock: nodeClock }),
      openChannel({
        role: 'responder',
        master,
        syn: bus.responder.syn,
        ack: bus.responder.ack,
        clock: nodeClock,
      }),
    ]);
    const came = new Promise<string>((resolve) => {
      const data = (bytes: Uint8Array) => resolve(new TextDecoder().decode(bytes));
      ends[1].start({ data, drain: () => undefined, ended: () => undefined });
    });
    ends[0].write(utf8('up'));
    expect(await came).toBe('up');
    await Promise.all(ends.map((channel) => channel.close()));
    expect([bus.level('syn'), bus.level('ack')]).toEqual([1, 1]);
  });

  it('between two exchanges is the initiator’s own', async () => {
    const world = new World();
    const { slave, syn, ack } = world.bus.initiator;
    void openChannel({ role: 'initiator', slave, syn, ack, exchangeIntervalMs: 10, clock: world.time });
    void world.responder();
    const trace = world.trace();
    await world.time.advance(1095);
    expect(trace.filter((line) => line.startsWith('write')).length).toBe(10);
  });
});
