import { describe, expect, it } from 'vitest';
import { watchdogSettings, type WatchdogOptions } from '../src/watchdog/options.js';

const underSystemd = { NOTIFY_SOCKET: '/run/notify' };
const feedMs = (env: NodeJS.ProcessEnv) =>
  watchdogSettings({ systemd: true, timeoutMs: 12_000 }, 1, env).systemd?.feedMs;

describe('the settings of the watchdog', () => {
  it('are 20 s, no device and no systemd for true, even under systemd', () => {
    const defaults = { timeoutMs: 20_000, turnMs: 1000, device: undefined, systemd: undefined };
    expect(watchdogSettings(true, 1, underSystemd)).toEqual(defaults);
    const nothing = { timeoutMs: undefined, device: undefined, systemd: undefined };
    expect(watchdogSettings(nothing, 1, {})).toEqual(defaults);
  });

  it('wait at least as long as the client itself may wait', () => {
    expect(watchdogSettings(true, 50_000).timeoutMs).toBe(50_000);
    expect(watchdogSettings({ timeoutMs: 50_000 }, 50_000).timeoutMs).toBe(50_000);
    expect(() => watchdogSettings({ timeoutMs: 49_999 }, 50_000)).toThrow(/watchdog\.timeoutMs .*50000/);
  });

  it('look eight times in a timeout, and at least once a second', () => {
    expect(watchdogSettings({ timeoutMs: 800 }, 1).turnMs).toBe(100);
    expect(watchdogSettings({ timeoutMs: 600_000 }, 1).turnMs).toBe(1000);
  });

  it('feed systemd three times in its time or in the timeout, whichever is shorter', () => {
    expect(feedMs(underSystemd)).toBe(4000);
    expect(feedMs({ ...underSystemd, WATCHDOG_USEC: '30000000' })).toBe(4000);
    expect(feedMs({ ...underSystemd, WATCHDOG_USEC: '3000000', WATCHDOG_PID: String(process.pid) })).toBe(
      1000,
    );
    expect(watchdogSettings({ systemd: true }, 1, { ...underSystemd, WATCHDOG_USEC: '600000' }).turnMs).toBe(
      200,
    );
  });

  it('do not feed systemd when it waits for another process', () => {
    expect(feedMs({ ...underSystemd, WATCHDOG_USEC: '3000000', WATCHDOG_PID: '1' })).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['false', false],
    ['null', null],
    ['a number', 20_000],
    ['no time', { timeoutMs: 0 }],
    ['a fraction of time', { timeoutMs: 1.5 }],
    ['more time than a timer has', { timeoutMs: 2 ** 31 }],
    ['an empty device', { device: '' }],
    ['a device that is not a path', { device: 1 }],
    ['a systemd that is not a boolean', { systemd: 'yes' }],
    ['systemd without its socket', { systemd: true }],
  ])('are refused: %s', (_, options) => {
    expect(() => watchdogSettings(options as WatchdogOptions, 1, {})).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'ERR_BAD_OPTION' }),
    );
  });
});
