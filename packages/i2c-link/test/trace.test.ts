import { describe, expect, it } from 'vitest';
import { utf8 } from './text.js';
import { Owner, World } from './world.js';

/** What happens in the first exchange, with so much written at either end before. */
async function firstExchange(written: { initiator?: string; responder?: string }): Promise<string[]> {
  const world = new World();
  const [initiator, responder] = await world.pair();
  for (const channel of [initiator, responder]) new Owner(channel);
  initiator.write(utf8(written.initiator ?? ''));
  responder.write(utf8(written.responder ?? ''));
  const trace = world.trace();
  await world.time.advance(1050);
  return trace;
}

/** The lines of a table, without what it says about them. */
function table(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s*#.*/, '').trim())
    .filter((line) => line !== '');
}

describe('the wires, step by step as docs/I2C.md has it,', () => {
  it('synchronise', async () => {
    const world = new World();
    const trace = world.trace();
    await world.time.settled(
      Promise.all([world.initiator({ reset: true }), world.responder({ reset: true })]),
    );
    expect(trace).toEqual(
      table(`
        reset low   # the initiator first pulses reset
        reset high
        syn low     # each unit then pulls its own wire low
        ack low     # until the remote wire is low too
      `),
    );
    expect(world.time.now()).toBe(200);
    trace.length = 0;
    await world.time.advance(999);
    expect(trace).toEqual([]);
    await world.time.advance(1);
    expect(trace).toEqual(['syn high']);
  });

  it('exchange two sizes when there is nothing to send', async () => {
    expect(await firstExchange({})).toEqual(
      table(`
        syn high     # 1. the initiator raises syn
        read 00 00   # 2. the responder reads the bytes,
        ack high     #    raises ack
        syn low      # 3. the initiator sees ack high, lowers syn
        ack low      #    the responder sees that, lowers ack
        ack high     # 1. the responder raises ack
        syn high     #    the initiator sees it, raises syn
        write 00 00  # 2. the responder writes the bytes,
        ack low      #    lowers ack
        syn low      # 3. the initiator sees ack low, lowers syn
      `),
    );
  });

  it('carry a payload each way, each after its size', async () => {
    expect(await firstExchange({ initiator: 'up', responder: 'down' })).toEqual(
      table(`
        syn high      # the initiator's size
        read 02 00
        ack high
        syn low
        ack low
        syn high      # and payload
        read "up"
        ack high
        syn low
        ack low
        ack high      # the responder's size
        syn high
        write 04 00
        ack low
        syn low
        ack high      # and payload
        syn high
        write "down"
        ack low
        syn low
      `),
    );
  });

  it('carry a payload to the responder only', async () => {
    expect(await firstExchange({ initiator: 'up' })).toEqual(
      table(`
        syn high
        read 02 00
        ack high
        syn low
        ack low
        syn high
        read "up"
        ack high
        syn low
        ack low
        ack high
        syn high
        write 00 00
        ack low
        syn low
      `),
    );
  });

  it('carry a payload to the initiator only', async () => {
    expect(await firstExchange({ responder: 'down' })).toEqual(
      table(`
        syn high
        read 00 00
        ack high
        syn low
        ack low
        ack high
        syn high
        write 04 00
        ack low
        syn low
        ack high
        syn high
        write "down"
        ack low
        syn low
      `),
    );
  });

  it('are high when a unit has stopped', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const trace = world.trace();
    await world.time.settled(responder.close());
    expect(trace).toEqual(['ack high']);
    await world.time.settled(initiator.close());
    expect(trace).toEqual(['ack high', 'syn high']);
  });
});

describe('the pace of an exchange', () => {
  it('is 20 µs before each transfer, and 100 ms to the next exchange', async () => {
    const world = new World({ khz: 100 });
    await world.pair();
    const times: string[] = [];
    world.bus.observe((event) => {
      if (event.type === 'began') times.push(`${event.kind} at ${event.at.toFixed(2)}`);
    });
    await world.time.advance(1200);
    // Three bytes on the bus, the address included, are 0.27 ms; ack is low for 0.1 ms in between.
    expect(times).toEqual(['read at 1000.02', 'write at 1000.41', 'read at 1100.70', 'write at 1101.09']);
  });

  it('is 9 bits a byte at 400 kHz too', async () => {
    const world = new World({ khz: 400 });
    const [initiator, responder] = await world.pair();
    initiator.write(new Uint8Array(200));
    const owner = new Owner(responder);
    await world.time.until(() => owner.pieces.length === 1);
    expect(world.time.now() - 1000).toBeCloseTo(0.02 + (3 * 9) / 400 + 0.02 + (201 * 9) / 400, 5);
  });
});
