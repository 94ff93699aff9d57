import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NetworkWatch } from '../src/network/watch.js';

/** Monitors that say something when told to. */
class Monitors {
  started = 0;
  running = 0;
  say = () => {};
  end = () => {};
  readonly start = (onOutput: () => void, onEnd: () => void) => {
    this.started += 1;
    this.running += 1;
    this.say = onOutput;
    this.end = () => {
      this.running -= 1;
      onEnd();
    };
    return () => {
      this.running -= 1;
    };
  };
}

const turn = () => vi.advanceTimersByTimeAsync(0);

let monitors: Monitors;
let isConnected: ReturnType<typeof vi.fn<(signal: AbortSignal) => Promise<boolean>>>;
let watch: NetworkWatch;

beforeEach(() => {
  vi.useFakeTimers();
  monitors = new Monitors();
  isConnected = vi.fn(async () => true);
  watch = new NetworkWatch({ monitor: monitors.start, isConnected: (signal) => isConnected(signal) });
});
afterEach(() => {
  expect(vi.getTimerCount(), 'timers left').toBe(0);
  vi.useRealTimers();
});

it('looks when the monitor says something, and reports a difference once', async () => {
  const heard = vi.fn();
  const off = watch.onChange(heard);
  monitors.say();
  await turn();
  expect(heard).not.toHaveBeenCalled();
  for (const connected of [false, false, true]) {
    isConnected.mockResolvedValue(connected);
    monitors.say();
    await turn();
  }
  expect(heard.mock.calls).toEqual([[false], [true]]);
  off();
});

it('looks once more, and not as often as it is told to, for what changes during a look', async () => {
  const heard = vi.fn();
  const off = watch.onChange(heard);
  let answer: (connected: boolean) => void = () => {};
  isConnected.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
  monitors.say();
  monitors.say();
  monitors.say();
  isConnected.mockResolvedValue(false);
  answer(true);
  await turn();
  expect(isConnected).toHaveBeenCalledTimes(2);
  expect(heard.mock.calls).toEqual([[false]]);
  off();
});

it('says nothing when it cannot tell, and goes on', async () => {
  const heard = vi.fn();
  const off = watch.onChange(heard);
  isConnected.mockRejectedValueOnce(new Error('not running'));
  monitors.say();
  await turn();
  expect(heard).not.toHaveBeenCalled();
  isConnected.mockResolvedValue(false);
  monitors.say();
  await turn();
  expect(heard.mock.calls).toEqual([[false]]);
  off();
});

it('runs one monitor, from the first listener to the last', () => {
  const offs = [watch.onChange(() => {}), watch.onChange(() => {})];
  expect([monitors.started, monitors.running]).toEqual([1, 1]);
  offs[0]?.();
  offs[0]?.();
  expect(monitors.running).toBe(1);
  offs[1]?.();
  expect(monitors.running).toBe(0);
  watch.onChange(() => {})();
  expect([monitors.started, monitors.running]).toEqual([2, 0]);
});

it('starts the monitor again a second after it ended, and never sooner', async () => {
  const off = watch.onChange(() => {});
  for (const expected of [2, 3]) {
    monitors.end();
    await vi.advanceTimersByTimeAsync(999);
    expect(monitors.started).toBe(expected - 1);
    await vi.advanceTimersByTimeAsync(1);
    expect(monitors.started).toBe(expected);
  }
  off();
  expect(monitors.running).toBe(0);
});

it('does not start it again without a listener', async () => {
  const off = watch.onChange(() => {});
  monitors.end();
  off();
  await vi.advanceTimersByTimeAsync(5000);
  expect(monitors.started).toBe(1);
});

it('reports nothing after the last listener has left, and aborts the query that runs', async () => {
  const heard = vi.fn();
  const off = watch.onChange(heard);
  isConnected.mockResolvedValue(false);
  monitors.say();
  off();
  await turn();
  expect(heard).not.toHaveBeenCalled();
  expect(isConnected.mock.calls[0]?.[0].aborted).toBe(true);
});

it('does not tell a listener that another one stopped', async () => {
  const heard = vi.fn();
  const offs = [watch.onChange(() => offs.forEach((off) => off())), watch.onChange(heard)];
  isConnected.mockResolvedValue(false);
  monitors.say();
  await turn();
  expect(heard).not.toHaveBeenCalled();
});
