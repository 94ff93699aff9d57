/**
 * `openBoard` and `Board`: the board's end of the link, for the application that runs on the board. The board has no
 * network. It talks over I2C to a second unit, the responder, which has the link to the server. The I2C connection
 * between the two units is called the channel (docs/I2C.md). `Supervisor` opens it and resets the responder.
 */
import { Connection, type Clock, type ConnectionOptions } from '@iot/connection';
import { LINK_DEFAULTS, LOG_LEVELS, withDefaults, type LinkOptions } from '@iot/connection/internal';
import { nodeClock } from '@iot/connection/node';
import { UsageError, type LinkError } from '@iot/framing';
import {
  LONGEST_TIMER_MS,
  requireFunctions,
  requireInteger,
  requireKnownOptions,
  requireMethods,
} from '@iot/qos/internal';
import { Supervisor, type FailureHook } from './supervisor.js';
import { checkConfig, encodeConfig } from '../messages/config.js';
import type { Report } from '../messages/conversation.js';
import type { I2cSlave, Pin, ResetLine } from '../channel/ports.js';
import { requireWires } from '../channel/required-ports.js';

/** Times are in ms, except `reportSeconds`. Sizes are in bytes of UTF-8. */
export interface BoardOptions extends Pick<
  LinkOptions,
  'maxLineBytes' | 'maxUnsentLines' | 'closeTimeoutMs' | 'logger'
> {
  /** This board's id, unique among the server's clients. A newline at its end is stripped. */
  readonly id: string;
  /** Name or address of the server in the network of the responder. */
  readonly host: string;
  /** Default 8123. */
  readonly port?: number | undefined;
  /** The server's `timeout`. Default 1500. */
  readonly timeout?: number | undefined;
  /** Seconds from one report of the responder to the next. Default 0: no reports. */
  readonly reportSeconds?: number | undefined;
  /** Name of the WiFi network that the responder joins. Default: a network whose credentials the responder has. */
  readonly ssid?: string | undefined;
  readonly password?: string | undefined;
  /** The bus. The board is its slave. */
  readonly slave: I2cSlave;
  /** Driven by the board. */
  readonly syn: Pin;
  /** Driven by the responder. */
  readonly ack: Pin;
  /** The wire to the responder's reset input. Without this wire the first failure closes the board. */
  readonly reset?: ResetLine | undefined;
  /** From the end of one exchange to the start of the next. Default 100, as in the MicroPython original. */
  readonly exchangeIntervalMs?: number | undefined;
  /** Default: the system's monotonic clock. */
  readonly clock?: Clock | undefined;
  /** From this number of unread lines on, the board asks the responder to send nothing. Default 256. */
  readonly maxUnreadLines?: number | undefined;
  /** From this number of unread bytes on, the board asks the responder to send nothing. Default 256 KiB. */
  readonly maxUnreadBytes?: number | undefined;
  /**
   * Called when the responder cannot connect to WiFi with the given credentials. Resolve to reset the responder and try
   * again. Reject to close the board; its `ready()` then rejects. The default rejects with the error.
   */
  readonly badWifi?: FailureHook | undefined;
  /** Called when the responder's first connection to the server fails. Resolve or reject as for `badWifi`. */
  readonly badServer?: FailureHook | undefined;
  /** Called with each report. An error that it throws becomes an uncaught exception. */
  readonly report?: ((report: Report) => void) | undefined;
  /** A listener to the event `state`: called when the link to the server comes up or goes down. */
  readonly serverOk?: ((up: boolean) => void) | undefined;
}

/**
 * The board's end of the link, a `Connection` with these differences:
 *
 * - `status`, `ready` and `connects` are about the responder's link to the server. The responder reports its state.
 * - `write` resolves when the responder has received the whole line. The ack of the server does not cross the channel.
 * - Lines go out in the order in which they were written. Each carries its `qos` and `wait` flags to the responder.
 * - Lines wait through outages and through resets of the responder. If the responder is reset after it has received a line
 *   and before the server has acked it, this line is lost, unless the responder is a `Bridge`.
 */
export class Board extends Connection {
  readonly #supervisor: Supervisor;

  /** For `openBoard` only. */
  constructor(supervisor: Supervisor, options: ConnectionOptions) {
    super(supervisor.pump, options);
    this.#supervisor = supervisor;
  }

  /**
   * Resets the responder: the channel ends and is synchronised again.
   *
   * @throws UsageError `ERR_BAD_OPTION` when there is no reset wire.
   */
  reboot(): void {
    if (!this.#supervisor.canReset) {
      throw new UsageError('ERR_BAD_OPTION', 'a board without the option reset cannot reboot its responder');
    }
    this.#supervisor.reboot();
  }
}

/**
 * Opens the board's end of the link. The board resets the responder and synchronises with it. It repeats this whenever
 * the channel fails or no keepalive comes from the responder, until the board is closed. Returns at once: `ready()` waits
 * for the link to the server.
 *
 * @throws UsageError `ERR_BAD_ID`, `ERR_BAD_OPTION`.
 */
export function openBoard(options: BoardOptions): Board {
  const settings = boardSettings(options);
  const supervisor = new Supervisor(settings);
  let looping: Promise<void> = Promise.resolve();
  const release = (): Promise<void> => {
    supervisor.stop();
    return looping;
  };
  const board = new Board(supervisor, { ...settings, release });
  if (settings.serverOk !== undefined) board.on('state', settings.serverOk);
  looping = supervisor.run((error) => void board.close(error));
  return board;
}

const DEFAULTS = {
  port: 8123,
  timeout: LINK_DEFAULTS.timeout,
  reportSeconds: 0,
  ssid: '',
  password: '',
  clock: nodeClock,
  maxLineBytes: LINK_DEFAULTS.maxLineBytes,
  maxUnreadLines: LINK_DEFAULTS.maxUnreadLines,
  maxUnreadBytes: LINK_DEFAULTS.maxUnreadBytes,
  maxUnsentLines: LINK_DEFAULTS.maxUnsentLines,
  closeTimeoutMs: LINK_DEFAULTS.closeTimeoutMs,
  logger: LINK_DEFAULTS.logger,
  badWifi: giveUp as FailureHook,
  badServer: giveUp as FailureHook,
  report: undefined as BoardOptions['report'],
  serverOk: undefined as BoardOptions['serverOk'],
};

const NAMES = ['id', 'host', 'slave', 'syn', 'ack', 'reset', 'exchangeIntervalMs', ...Object.keys(DEFAULTS)];
const LIMITS = ['maxLineBytes', 'maxUnreadLines', 'maxUnreadBytes', 'maxUnsentLines'] as const;

function boardSettings(options: BoardOptions) {
  requireKnownOptions(options, NAMES);
  const settings = withDefaults(DEFAULTS, options);
  requireMethods('slave', settings.slave, ['send', 'receive']);
  requireWires(settings);
  for (const name of LIMITS) requireInteger(name, settings[name], 1);
  if (settings.exchangeIntervalMs !== undefined) {
    requireInteger('exchangeIntervalMs', settings.exchangeIntervalMs, 0, LONGEST_INTERVAL_MS);
  }
  requireInteger('closeTimeoutMs', settings.closeTimeoutMs, 0, LONGEST_TIMER_MS);
  if (settings.logger !== undefined) requireMethods('logger', settings.logger, LOG_LEVELS);
  requireFunctions(settings, ['badWifi', 'badServer', 'report', 'serverOk']);
  const config = checkConfig(settings);
  return { ...settings, ...config, config: encodeConfig(config) };
}

/** Longest `exchangeIntervalMs`. The responder sends a keepalive every 2 s, and each needs an exchange. */
const LONGEST_INTERVAL_MS = 1000;

function giveUp(error: LinkError): void {
  throw error;
}
