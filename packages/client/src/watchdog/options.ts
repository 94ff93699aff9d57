import { UsageError } from '@iot/framing';
import { LONGEST_TIMER_MS, requireInteger, requireKnownOptions } from '@iot/qos/internal';
import { withDefaults } from '@iot/connection/internal';

/** What to guard the process with, and whom to tell. `watchdog: true` is all defaults. */
export interface WatchdogOptions {
  /**
   * The process is ended when its main loop has not turned, or the client has made no progress, for so long. Default
   * 20 000, or a quarter more than the client's longest own wait where that is longer; less than that is refused.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Feed this hardware watchdog about once a second, `/dev/watchdog` for one. It must itself wait for more than two
   * seconds. Default: none.
   */
  readonly device?: string | undefined;
  /**
   * Tell systemd, by its `systemd-notify`: the unit needs `Type=notify`, `NotifyAccess=all` and, to be fed,
   * `WatchdogSec=`. Default false.
   */
  readonly systemd?: boolean | undefined;
}

/** The checked settings; they are handed to the worker as they are. */
export interface WatchdogSettings {
  readonly timeoutMs: number;
  /** How often the worker looks. */
  readonly turnMs: number;
  readonly device: string | undefined;
  readonly systemd: SystemdSettings | undefined;
}

export interface SystemdSettings {
  /** How often `WATCHDOG=1` is due; undefined when systemd waits for that of another process. */
  readonly feedMs: number | undefined;
}

/**
 * Exit code of a process that its watchdog has ended. It is none of Node's, none of sysexits.h's and none of a shell's.
 * A process that does not even take this end within seconds is killed: signal SIGKILL, 137 in a shell.
 */
export const WATCHDOG_EXIT_CODE = 87;

const DEFAULTS = {
  /** As the MicroPython original. */
  timeoutMs: 20_000,
  systemd: false,
};

/** Turns in a timeout: it is kept to an eighth. */
const TURNS = 8;
/** Hardware watchdogs wait for as little as a few seconds, and Node cannot query their timeout. */
const LONGEST_TURN_MS = 1000;
/** systemd asks for twice in its time; once more, since a message takes a process. */
const FEEDS = 3;

/**
 * @param minMs the least timeout that the client's own waits allow
 * @param env where systemd says what it waits for
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

/** As sd_watchdog_enabled(3), but for a unit without WatchdogSec: feeding that one does no harm. */
function systemdSettings(timeoutMs: number, env: NodeJS.ProcessEnv): SystemdSettings {
  const { NOTIFY_SOCKET, WATCHDOG_PID, WATCHDOG_USEC } = env;
  if (!NOTIFY_SOCKET) {
    throw new UsageError(
      'ERR_BAD_OPTION',
      'watchdog.systemd: there is no NOTIFY_SOCKET; systemd sets it for a unit with Type=notify and NotifyAccess=all',
    );
  }
  if (WATCHDOG_PID && Number(WATCHDOG_PID) !== process.pid) return { feedMs: undefined };
  const asked = Number(WATCHDOG_USEC) / 1000;
  return { feedMs: Math.min(timeoutMs, asked > 0 ? asked : timeoutMs) / FEEDS };
}
