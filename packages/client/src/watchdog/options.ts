/** The option `watchdog`: its defaults and checks. How the watchdog works is described in `watchdog.ts`. */
import { UsageError } from '@iot/framing';
import { LONGEST_TIMER_MS, requireInteger, requireKnownOptions } from '@iot/qos/internal';
import { withDefaults } from '@iot/connection/internal';

/** Options of the watchdog. `watchdog: true` uses the defaults. */
export interface WatchdogOptions {
  /**
   * The process is ended when its event loop has not turned, or the client has made no progress, for this time. In ms. It must
   * be at least a quarter more than the longest time that the client itself may wait for something. Default 20 000, or this
   * lower limit if it is longer.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Path of a hardware watchdog, such as `/dev/watchdog`, to which the watchdog writes about once a second. The timeout of the
   * hardware must be more than two seconds. Default: none.
   */
  readonly device?: string | undefined;
  /**
   * True: notify systemd, by its command `systemd-notify`. The unit needs `Type=notify` and `NotifyAccess=all`. With
   * `WatchdogSec=`, systemd ends the process when the notifications stop. Default false.
   */
  readonly systemd?: boolean | undefined;
}

/** The checked settings. They are passed to the worker thread unchanged. */
export interface WatchdogSettings {
  readonly timeoutMs: number;
  /** How often the worker checks the counters, ms. Each check is a turn of the worker. */
  readonly turnMs: number;
  readonly device: string | undefined;
  readonly systemd: SystemdSettings | undefined;
}

export interface SystemdSettings {
  /** How often `WATCHDOG=1` must be sent, ms. Undefined when systemd expects it from another process. */
  readonly feedMs: number | undefined;
}

/**
 * Exit code of a process that its watchdog has ended. Node, sysexits.h and shells do not use this code. A process that cannot
 * be ended in this way within seconds is killed by SIGKILL (exit code 137 in a shell).
 */
export const WATCHDOG_EXIT_CODE = 87;

const DEFAULTS = {
  /** The value of the MicroPython original. */
  timeoutMs: 20_000,
  systemd: false,
};

/** Checks in a timeout. The timeout is therefore accurate to an eighth. */
const TURNS = 8;
/** Some hardware watchdogs have a timeout of only a few seconds, and Node cannot query it. */
const LONGEST_TURN_MS = 1000;
/** Notifications in the timeout of systemd. systemd recommends two. One is added, because each needs to start a process. */
const FEEDS = 3;

/**
 * @param minMs the lowest timeout that the waits of the client allow
 * @param env the environment variables, in which systemd passes its settings
 * @throws UsageError `ERR_BAD_OPTION`.
 */
export function watchdogSettings(
  options: true | WatchdogOptions,
  minMs: number,
  env: NodeJS.ProcessEnv = process.env,
): WatchdogSettings {
  if (options !== true && (typeof options !== 'object' || (options as unknown) === null))
    throw new UsageError('ERR_BAD_OPTION', 'watchdog must be true or an object of its options');
  const defaults = { ...DEFAULTS, timeoutMs: Math.max(DEFAULTS.timeoutMs, minMs) };
  if (options !== true) requireKnownOptions(options, ['device', ...Object.keys(DEFAULTS)], 'watchdog.');
  const given = withDefaults(defaults, options === true ? {} : options);
  const { timeoutMs, device } = given;
  requireInteger('watchdog.timeoutMs', timeoutMs, minMs, LONGEST_TIMER_MS);
  if (device !== undefined && (typeof device !== 'string' || device === ''))
    throw new UsageError('ERR_BAD_OPTION', 'watchdog.device must be the path of a watchdog device');
  if (typeof given.systemd !== 'boolean')
    throw new UsageError('ERR_BAD_OPTION', 'watchdog.systemd must be true or false');
  const systemd = given.systemd ? systemdSettings(timeoutMs, env) : undefined;
  const turnMs = Math.min(timeoutMs / TURNS, LONGEST_TURN_MS, systemd?.feedMs ?? LONGEST_TURN_MS);
  return { timeoutMs, turnMs, device, systemd };
}

/** Like sd_watchdog_enabled(3), except that notifications are also sent for a unit without WatchdogSec. They do no harm. */
function systemdSettings(timeoutMs: number, env: NodeJS.ProcessEnv): SystemdSettings {
  const { NOTIFY_SOCKET, WATCHDOG_PID, WATCHDOG_USEC } = env;
  if (!NOTIFY_SOCKET) {
    throw new UsageError(
      'ERR_BAD_OPTION',
      'watchdog.systemd: NOTIFY_SOCKET is not set in the environment; systemd sets it for a unit with Type=notify and NotifyAccess=all',
    );
  }
  if (WATCHDOG_PID && Number(WATCHDOG_PID) !== process.pid) return { feedMs: undefined };
  const asked = Number(WATCHDOG_USEC) / 1000;
  return { feedMs: Math.min(timeoutMs, asked > 0 ? asked : timeoutMs) / FEEDS };
}
