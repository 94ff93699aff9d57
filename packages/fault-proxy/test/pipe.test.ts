/** What kernels are too roomy to show: a sink that is full while the queue still holds something for it. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { BOUNDS } from '../src/bounds.js';
import { Pipe } from '../src/pipe.js';
import { newTally } from '../src/stats.js';

function standIn(write: (chunk: Buffer, done: () => void) => void): Socket {
  const duplex = new Duplex({
    highWaterMark: 1,
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      write(chunk, done);
    },
  });
  return duplex as unknown as Socket;
}

it('writes nothing more to a sink that is full, until it has drained', async () => {
  const source = standIn((_, done) => done());
  const written: string[] = [];
  let drain = (): void => undefined;
  const sink = standIn((chunk, done) => {
    written.push(chunk.toString());
    drain = done;
  });
  const pipe = new Pipe(source, sink, { tally: newTally(), random: Math.random, dropped: () => undefined });
  pipe.open();
  pipe.reshape({ delay: { ms: BOUNDS.longestMs } });
  for (const chunk of ['a', 'b', 'c']) source.emit('data', Buffer.from(chunk));
  pipe.reshape({ delay: 'off' });
  for (const [rest, all] of [
    [2, ['a']],
    [1, ['a', 'b']],
    [0, ['a', 'b', 'c']],
  ] as const) {
    expect([pipe.queuedBytes, sink.writableLength, written]).toEqual([rest, 1, all]);
    const drained = new Promise((resolve) => sink.once('drain', resolve));
    drain();
    await drained;
  }
});
