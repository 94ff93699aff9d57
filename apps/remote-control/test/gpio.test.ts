import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openButton, openLed, type Gpiod } from '../src/gpio.js';

const PIN = { chip: 'gpiochip0', line: 17 };

/** Replaces `node-libgpiod`, with one line. */
function standIn() {
  const state = { level: 0, set: [] as number[], requested: [] as string[], released: 0, broken: false };
  const gpiod: Gpiod = {
    Chip: class {
      constructor(readonly id: string) {
        if (id === 'gpiochip9') throw new Error('Chip::new - Unable to open device gpiochip9\nmore');
      }
    },
    Line: class {
      static readonly RequestFlags = { ACTIVE_LOW: 4, BIAS_PULL_UP: 32 };
      readonly #id: string;
      constructor(chip: object, id: number | string) {
        this.#id = `${(chip as { id: string }).id}:${id}`;
      }
      requestInputModeFlags(consumer: string, flags: number): void {
        state.requested.push(`${this.#id} input ${consumer} ${flags}`);
      }
      requestOutputMode(consumer: string, value: 0 | 1): void {
        state.requested.push(`${this.#id} output ${consumer} ${value}`);
      }
      getValue(): number {
        if (state.broken) throw new Error('gone');
        return state.level;
      }
      setValue(value: 0 | 1): void {
        state.set.push(value);
      }
      release(): void {
        state.released += 1;
      }
    },
  };
  return { state, load: () => Promise.resolve(gpiod) };
}

describe('the button', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is between the line and ground: pulled up, on when low', async () => {
    const { state, load } = standIn();
    state.level = 1;
    const button = await openButton(PIN, load);
    expect(state.requested).toEqual(['gpiochip0:17 input iot-remote-control 36']);
    expect(button.on).toBe(true);
    button[Symbol.dispose]();
    expect(state.released).toBe(1);
  });

  it('reports a change that lasts, and not how the contacts bounce', async () => {
    const { state, load } = standIn();
    const button = await openButton(PIN, load);
    const changes: boolean[] = [];
    const stop = new AbortController();
    const watching = button.watch((on) => changes.push(on), stop.signal);
    const told: (readonly boolean[])[] = [];
    for (const level of [1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0]) {
      state.level = level;
      vi.advanceTimersByTime(10);
      told.push([...changes]);
    }
    expect(told.map((list) => list.length)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2]);
    expect(changes).toEqual([true, false]);
    expect(button.on).toBe(false);
    stop.abort();
    await watching;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails when the line does, instead of ending the process', async () => {
    const { state, load } = standIn();
    const button = await openButton(PIN, load);
    const watching = button.watch(() => undefined, new AbortController().signal);
    const failed = expect(watching).rejects.toThrow('gone');
    state.broken = true;
    vi.advanceTimersByTime(10);
    await failed;
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('the LED starts dark, follows, and is dark again at the end', async () => {
  const { state, load } = standIn();
  const led = await openLed({ chip: '0', line: 'GPIO18' }, load);
  expect(state.requested).toEqual(['0:GPIO18 output iot-remote-control 0']);
  led.show(true);
  led.show(false);
  led.show(true);
  led[Symbol.dispose]();
  expect(state.set).toEqual([1, 0, 1, 0]);
  expect(state.released).toBe(1);
});

it('a line that cannot be had is one clear line', async () => {
  const { load } = standIn();
  await expect(openLed({ chip: 'gpiochip9', line: 1 }, load)).rejects.toThrow(
    /^cannot use GPIO line gpiochip9:1 \(Chip::new - Unable to open device gpiochip9\)$/,
  );
});
