import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Decoder, DecoderV2, HelloReader, openingLine } from '../src/index.js';
import { ack, pull } from './wire.js';

const KIB = 1024;
const MIB = 1024 * KIB;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Twice: array buffers found dead by one collection may still be counted until the next. */
function collectGarbage(): void {
  gc();
  gc();
}

/** Bytes of array buffers that are held now and were not before. */
function heldBy(make: () => unknown): number {
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const held = make();
  collectGarbage();
  const after = process.memoryUsage().arrayBuffers;
  expect(held).toBeDefined();
  return after - before;
}

/** PROTOCOL.md section 6: no input from the network may grow memory without bound. */
describe('memory', () => {
  it('holds no more of a line than its limit, however long it grows', () => {
    const decoder = new Decoder(64 * KIB);
    const chunk = new Uint8Array(64 * KIB).fill(0x78);
    const codes: string[] = [];
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 2000; i++) {
      decoder.push(chunk);
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
        codes.push(frame.type === 'malformed' ? frame.error.code : frame.type);
      }
    }
    // 125 MiB came. No garbage was collected: this is what was ever taken.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * KIB);
    expect(codes).toEqual(['ERR_LINE_TOO_LONG']);
    expect(pull(decoder, '\n06\n')).toEqual([ack(6)]);
  });

  it('has space for an unfinished line up to the limit and not beyond', () => {
    const chunks = [3 * MIB, MIB / 2].map((length) => new Uint8Array(length).fill(0x78));
    const bytes = heldBy(() => {
      const decoder = new Decoder(4 * MIB);
      for (const chunk of chunks) pull(decoder, chunk);
      return decoder;
    });
    expect(bytes).toBeGreaterThan(3.4 * MIB);
    expect(bytes).toBeLessThan(4.1 * MIB);
  });

  it('holds nothing of a line that has ended, not even its buffer', () => {
    const beginning = new Uint8Array(MIB).fill(0x30);
    const bytes = heldBy(() =>
      Array.from({ length: 50 }, () => {
        const decoder = new Decoder(2 * MIB);
        pull(decoder, beginning);
        pull(decoder, '\n');
        return decoder;
      }),
    );
    expect(bytes).toBeLessThan(MIB);
  });

  it('holds nothing of a chunk once its frames are pulled, so that a quiet link costs nothing', () => {
    const chunk = new Uint8Array(64 * KIB).fill(0x30).fill(0x0a, -1);
    const bytes = heldBy(() =>
      Array.from({ length: 50 }, () => {
        const decoder = new Decoder(64 * KIB);
        pull(decoder, chunk);
        return decoder;
      }),
    );
    expect(bytes).toBeLessThan(MIB);
  });

  it('holds an id and an epoch without the text that came with them', () => {
    const opening = {
      base: 0,
      known: undefined,
      taken: 0,
      received: 0,
      window: 1000,
      lineCost: 0,
      longest: 1000,
      unacked: 0,
    };
    const rest = `1 ${'x'.repeat(1900)}\n`;
    const readers = [
      (n: number) => {
        const decoder = new DecoderV2(64 * KIB);
        decoder.push(
          new TextEncoder().encode(openingLine({ ...opening, epoch: `${n + 1e12}`.padEnd(16, 'a') }) + rest),
        );
        const frame = decoder.next();
        return frame?.type === 'opening' ? frame.opening.epoch : undefined;
      },
      (n: number) =>
        new HelloReader(100).push(new TextEncoder().encode(`the board number ${n}\n${rest}`))?.id,
    ];
    for (const read of readers) {
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      const held = Array.from({ length: 2000 }, (_, n) => read(n));
      collectGarbage();
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(2000 * 500);
      expect(new Set(held).size).toBe(2000);
    }
  });
});
