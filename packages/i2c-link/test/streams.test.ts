import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined, shown, utf8 } from './text.js';
import { Owner, World } from './world.js';

/** Text of this number of bytes in UTF-8, in which characters of two, three and four bytes come to lie over every cut. */
function text(bytes: number): string {
  const characters = ['😀', '€', 'é', 'x'];
  let all = '';
  for (let left = bytes, i = 0; left > 0; i++) {
    const fits = characters.filter((it) => utf8(it).length <= left);
    const next = fits[i % fits.length]!;
    all += next;
    left -= utf8(next).length;
  }
  return all;
}

describe('a payload', () => {
  it.each([1, 199, 200, 201, 5000])('of %d bytes arrives whole, both ways', async (length) => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const [near, far] = [new Owner(initiator), new Owner(responder)];
    const written = text(length);
    initiator.write(utf8(written));
    responder.write(utf8(written));
    await world.time.until(() => near.taken === length && far.taken === length);
    await world.time.advance(50);
    for (const owner of [near, far]) {
      // Each piece was decoded by itself.
      expect(owner.texts.join('')).toBe(written);
      expect(Math.max(...owner.pieces.map((piece) => piece.length))).toBeLessThanOrEqual(200);
      expect(owner.pieces.length).toBeLessThanOrEqual(Math.ceil(length / 197));
    }
  });
});

describe('hold-off', () => {
  it('of the responder keeps the initiator from sending, and an exchange without it lets it send', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const [, far] = [new Owner(initiator), new Owner(responder)];
    far.onData = () => responder.hold(true);
    for (const line of ['one\n', 'two\n']) initiator.write(utf8(line));
    const trace = world.trace();
    await world.time.advance(1550);
    expect(far.texts).toEqual(['one\n']);
    expect(trace.filter((line) => /^(read|write)/.test(line)).slice(0, 5)).toEqual([
      'read 04 00',
      'read 6f 6e 65 0a',
      'write 00 80',
      'read 00 00',
      'write 00 80',
    ]);
    responder.hold(false);
    trace.length = 0;
    await world.time.until(() => far.pieces.length === 2);
    expect(trace.filter((line) => /^(read|write)/.test(line))).toEqual([
      'read 00 00',
      'write 00 00',
      'read 04 00',
      'read 74 77 6f 0a',
    ]);
  });

  it('of the initiator keeps the responder from sending, in that very exchange', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const [near] = [new Owner(initiator), new Owner(responder)];
    initiator.hold(true);
    responder.write(utf8('line\n'));
    await world.time.advance(60_000);
    expect(near.texts).toEqual([]);
    initiator.hold(false);
    const trace = world.trace();
    await world.time.until(() => near.pieces.length === 1);
    expect(trace.filter((line) => /^(read|write)/.test(line))).toEqual([
      'read 00 00',
      'write 05 00',
      `write ${shown(utf8('line\n'))}`,
    ]);
  });

  it('of both at once ends with either of them', async () => {
    const world = new World();
    const [initiator, responder] = await world.pair();
    const [near, far] = [new Owner(initiator), new Owner(responder)];
    for (const channel of [initiator, responder]) {
      channel.hold(true);
      channel.write(utf8('line\n'));
    }
    // Nothing has been said yet when the first size goes out.
    await world.time.until(() => far.pieces.length === 1);
    await world.time.advance(10_000);
    expect([near.texts, far.texts]).toEqual([[], ['line\n']]);
    initiator.hold(false);
    await world.time.until(() => near.pieces.length === 1);
  });
});

it('carries any writes both ways, whole and in order, whoever holds off and when', async () => {
  const writes = fc.array(
    fc.record({
      up: fc.boolean(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 450 }),
      waitMs: fc.nat(250),
      hold: fc.boolean(),
    }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(writes, fc.constantFrom(100, 400), async (steps, khz) => {
      const world = new World({ khz });
      const channels = await world.pair();
      const owners = [new Owner(channels[0]), new Owner(channels[1])] as const;
      for (const { up, bytes, waitMs, hold } of steps) {
        channels[up ? 0 : 1].write(bytes);
        channels[up ? 1 : 0].hold(hold);
        await world.time.advance(waitMs);
      }
      for (const channel of channels) channel.hold(false);
      for (const end of [0, 1] as const) {
        const written = joined(steps.filter((it) => it.up === (end === 0)).map((it) => it.bytes));
        await world.time.until(() => owners[end].taken === written.length);
        await world.time.until(() => owners[1 - end]!.bytes.length === written.length);
        expect(owners[1 - end]!.bytes).toEqual(written);
      }
      expect(owners.map((owner) => owner.ends)).toEqual([[], []]);
    }),
    { numRuns: 150 },
  );
});
