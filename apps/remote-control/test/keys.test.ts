import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readKeys } from '../src/keys.js';

/** Standard input, as a terminal or not. */
function input(isTTY: boolean) {
  const modes: boolean[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY, setRawMode: (raw: boolean) => modes.push(raw) });
  return { stream: stream as unknown as NodeJS.ReadStream & PassThrough, modes };
}

function read(stream: NodeJS.ReadStream) {
  const stop = new AbortController();
  let presses = 0;
  const done = readKeys(stream, () => presses++, stop.signal);
  return { done, stop, presses: () => presses };
}

describe('of a terminal', () => {
  it.each(['q', '\x03', '\x04'])(
    'space and enter press, %j ends, and the terminal is as before',
    async (end) => {
      const { stream, modes } = input(true);
      const { done, presses } = read(stream);
      expect(modes).toEqual([true]);
      stream.write(' \r');
      stream.write('x\x1b[A');
      stream.write(` ${end}`);
      await done;
      expect(presses()).toBe(3);
      expect(modes).toEqual([true, false]);
      expect(stream.destroyed).toBe(true);
    },
  );

  it('stopping gives the terminal back', async () => {
    const { stream, modes } = input(true);
    const { done, stop } = read(stream);
    stop.abort();
    await done;
    expect(modes).toEqual([true, false]);
  });
});

it('without a terminal each line is a press, whatever it says, and its end is not an end', async () => {
  const { stream, modes } = input(false);
  const { done, stop, presses } = read(stream);
  stream.end('\nq\nx\n');
  await once(stream, 'close');
  expect(presses()).toBe(3);
  stop.abort();
  await done;
  expect(modes).toEqual([]);
});
