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

/** Times are in ms but for `reportSeconds`, sizes in bytes of UTF-8. */
export interface BoardOptions extends Pick<
  LinkOptions,
  'maxLineBytes' | 'maxUnsentLines' | 'closeTimeoutMs' | 'logger'
> {
  /** This board's id, unique among the server's clients. A newline at its end is stripped. */
  readonly id: string;
  /** Name or address of the server, as the responder finds it. */
  readonly host: string;
  /** Default 8123. */
  readonly port?: number | undefined;
  /** The server's `timeout`. Default 1500. */
  readonly timeout?: number | undefined;
  /** Seconds from one report of the responder's to the next. Default 0: none. */
  readonly reportSeconds?: number | undefined;
  /** Name of the WiFi network that the responder joins. Default: one that it knows already. */
  readonly ssid?: string | undefined;
  readonly password?: string | undefined;
  /** The bus, whose slave the board is. */
  readonly slave: I2cSlave;
  /** Driven by the board. */
  readonly syn: Pin;
  /** Driven by the responder. */
  readonly ack: Pin;
  /** The wire to the responder's reset input. Without one the first failure closes the board. */
  readonly reset?: ResetLine | undefined;
  /** From the end of one exchange to the start of the next. Default 100, the original's. */
  readonly exchangeIntervalMs?: number | undefined;
  /** Default: the system's monotonic clock. */
  readonly clock?: Clock | undefined;
  /** Unread lines from which on the responder sends no more. Default 256. */
  readonly maxUnreadLines?: number | undefined;
  /** The same in bytes. Default 256 KiB. */
  readonly maxUnreadBytes?: number | undefined;
  /**
   * Called when the responder finds no WiFi with the credentials given. Resolve to reset it and try again; reject to
   * close the board, whose `ready()` then rejects. The default rejects with the error.
   */
  readonly badWifi?: FailureHook | undefined;
  /** The same when the server refuses the responder's first connection. */
  readonly badServer?: FailureHook | undefined;
  /** Called with each report. What it throws becomes an uncaught exception. */
  readonly report?: ((report: Report) => void) | undefined;
  /** Called when the link to the server comes up or goes down, as event `state`. */
  readonly serverOk?: ((up: boolean) => void) | undefined;
}

/**
 * A board's end of the link: the responder on the I2C channel has the network, the board has the application. The same
 * surface as the other ends, with these differences:
 *
 * - `status`, `ready` and `connects` are about the responder's link to the server, as the responder reports it.
 * - `write` resolves when the responder has taken the line; that the server has acked it does not cross the channel.
 *   Lines go in the order in which they were written, each with its flags for the responder to act on, and wait
 *   through outages and resets of the responder. A reset of the responder costs the line that it had taken and the
 *   server had not acked, unless the responder is a `Bridge`.
 */
export class Board extends Connection {
  readonly #supervisor: Supervisor;

  /** Applications get theirs from `openBoard`. */
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
 * A board, which resets its responder, synchronises with it, and does so again whenever the channel fails or the
 * responder falls silent, until it is closed. Returns at once: `ready()` waits for the link to the server.
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

/** Keepalives come every 2 s, and need an exchange each. */
const LONGEST_INTERVAL_MS = 1000;

function giveUp(error: LinkError): void {
  throw error;
}
