import { LinkError, UsageError } from '@iot/framing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Network } from '../src/network/network.js';
import { NetworkKeeper } from '../src/network/keeper.js';

/** A network whose calls each test answers; it writes down the signals that it was given. */
class ScriptedNetwork implements Network {
  readonly hasCredentials = true;
  readonly signals: AbortSignal[] = [];
  readonly listeners = new Set<(connected: boolean) => void>();
  connected = false;
  connecting: () => Promise<void> = async () => {
    this.connected = true;
  };
  leaving: () => Promise<void> = async () => {
    this.connected = false;
  };
  looking: () => Promise<boolean> = async () => this.connected;

  isConnected(signal: AbortSignal) {
    this.signals.push(signal);
    return this.looking();
  }
  connect(signal: AbortSignal) {
    this.signals.push(signal);
    return this.connecting();
  }
  disconnect(signal: AbortSignal) {
    this.signals.push(signal);
    return this.leaving();
  }
  onChange(listener: (connected: boolean) => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  tell(connected: boolean) {
    for (const listener of this.listeners) listener(connected);
  }
}

const never = () => new Promise<never>(() => undefined);
const unaborted = new AbortController().signal;
const containing = (text: string): unknown => expect.stringContaining(text);

let network: ScriptedNetwork;
let keeper: NetworkKeeper;

beforeEach(() => {
  vi.useFakeTimers();
  network = new ScriptedNetwork();
  keeper = new NetworkKeeper(network, { networkTimeoutMs: 10_000, networkStableMs: 3000 });
});
afterEach(() => {
  expect(vi.getTimerCount(), 'timers left').toBe(0);
  expect(network.listeners.size, 'listeners left').toBe(0);
  expect(
    network.signals.every((signal) => signal.aborted),
    'calls still allowed to run',
  ).toBe(true);
  vi.useRealTimers();
});

/** What it came to; settled or not is seen at once. */
function outcome(promise: Promise<unknown>) {
  const seen: { value: unknown } = { value: 'pending' };
  promise.then(
    (value) => (seen.value = value),
    (error: unknown) => (seen.value = error),
  );
  return seen;
}

describe('bringing the network up', () => {
  it('does nothing when it is connected already', async () => {
    network.connected = true;
    await keeper.up(unaborted);
    expect(network.signals).toHaveLength(1);
    expect(keeper.connects).toBe(0);
  });

  it('resolves when it has stayed connected for the stable time, and counts that', async () => {
    const up = outcome(keeper.up(unaborted));
    await vi.advanceTimersByTimeAsync(2999);
    expect(up.value).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(up.value).toBeUndefined();
    expect(keeper.connects).toBe(1);
  });

  it('fails at once when it goes within the stable time', async () => {
    const up = outcome(keeper.up(unaborted));
    await vi.advanceTimersByTimeAsync(1000);
    network.tell(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(up.value).toBe('pending');
    network.tell(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(up.value).toMatchObject({
      code: 'ERR_NETWORK',
      message: containing('within 3000 ms'),
    });
    expect(keeper.connects).toBe(0);
  });

  it('fails when it has gone by the end of the stable time without a word', async () => {
    const up = outcome(keeper.up(unaborted));
    await vi.advanceTimersByTimeAsync(1000);
    network.connected = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(up.value).toMatchObject({
      code: 'ERR_NETWORK',
      message: containing('within 3000 ms'),
    });
    expect(keeper.connects).toBe(0);
  });

  it('fails after the timeout, and lets the attempt run no longer', async () => {
    network.connecting = never;
    const up = outcome(keeper.up(unaborted));
    await vi.advanceTimersByTimeAsync(9999);
    expect(up.value).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(up.value).toBeInstanceOf(LinkError);
    expect(up.value).toMatchObject({
      code: 'ERR_NETWORK',
      message: containing('no answer in time'),
    });
  });

  it('passes on what the network says of its failure', async () => {
    const failure = new LinkError('ERR_NETWORK', 'missing network');
    network.connecting = () => Promise.reject(failure);
    await expect(keeper.up(unaborted)).rejects.toBe(failure);
  });

  it('makes a failure of any other kind, thrown or rejected, one of the network', async () => {
    const failure = new TypeError('a bug in it');
    network.connecting = () => {
      throw failure;
    };
    await expect(keeper.up(unaborted)).rejects.toMatchObject({ code: 'ERR_NETWORK', cause: failure });
    network.looking = () => Promise.reject(failure);
    await expect(keeper.up(unaborted)).rejects.toMatchObject({ code: 'ERR_NETWORK', cause: failure });
  });

  it.each(['looking', 'connecting'] as const)('aborted while %s, rejects with the reason', async (which) => {
    network[which] = never;
    const controller = new AbortController();
    const up = outcome(keeper.up(controller.signal));
    await vi.advanceTimersByTimeAsync(10);
    controller.abort('enough');
    await vi.advanceTimersByTimeAsync(0);
    expect(up.value).toBe('enough');
    expect(network.signals.at(-1)?.reason).toBe('enough');
  });

  it('aborted within the stable time, rejects with the reason and counts nothing', async () => {
    const controller = new AbortController();
    const up = outcome(keeper.up(controller.signal));
    await vi.advanceTimersByTimeAsync(1000);
    controller.abort('enough');
    await vi.advanceTimersByTimeAsync(0);
    expect(up.value).toBe('enough');
    expect(keeper.connects).toBe(0);
  });

  it('aborted before, does not touch the network', async () => {
    await expect(keeper.up(AbortSignal.abort('enough'))).rejects.toBe('enough');
    await expect(keeper.down(AbortSignal.abort('enough'))).rejects.toBe('enough');
    expect(network.signals).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['a UsageError', new UsageError('ERR_BAD_OPTION', 'missing device')],
    ['an error of the server', new LinkError('ERR_CONNECT', 'refused')],
    ['a text', 'missing device'],
  ])('makes %s that it rejects with one of the network', async (_, failure) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- somebody else's network may
    network.connecting = () => Promise.reject(failure);
    await expect(keeper.up(unaborted)).rejects.toMatchObject({
      code: 'ERR_NETWORK',
      message: expect.stringMatching(/missing device|refused/) as string,
      cause: failure,
    });
  });

  it('fails, as the network does, when that cannot be listened to', async () => {
    const failure = new Error('out of memory');
    network.onChange = () => {
      throw failure;
    };
    await expect(keeper.up(unaborted)).rejects.toMatchObject({ code: 'ERR_NETWORK', cause: failure });
    expect(() => keeper.onLost(() => undefined)).toThrow(expect.objectContaining({ code: 'ERR_NETWORK' }));
  });
});

describe('leaving the network', () => {
  it('yields nothing when that went well', async () => {
    network.connected = true;
    expect(await keeper.down(unaborted)).toBeUndefined();
    expect(network.connected).toBe(false);
  });

  it('yields the failure, also of taking too long', async () => {
    const failure = new LinkError('ERR_NETWORK', 'not allowed');
    network.leaving = () => Promise.reject(failure);
    expect(await keeper.down(unaborted)).toBe(failure);
    network.leaving = never;
    const down = outcome(keeper.down(unaborted));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(down.value).toMatchObject({
      code: 'ERR_NETWORK',
      message: containing('cannot disconnect the network'),
    });
  });

  it('aborted, rejects with the reason', async () => {
    network.leaving = never;
    const controller = new AbortController();
    const down = outcome(keeper.down(controller.signal));
    controller.abort('enough');
    await vi.advanceTimersByTimeAsync(0);
    expect(down.value).toBe('enough');
  });
});

it('reports that the network has gone, each time, and not that it has come', () => {
  const lost = vi.fn();
  const off = keeper.onLost(lost);
  network.tell(true);
  expect(lost).not.toHaveBeenCalled();
  network.tell(false);
  network.tell(false);
  expect(lost).toHaveBeenCalledTimes(2);
  off();
  network.tell(false);
  expect(lost).toHaveBeenCalledTimes(2);
});
