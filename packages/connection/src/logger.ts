/**
 * The log messages of an end of a link. The text of a line is logged at level debug only. A password is never logged.
 */
import type { SessionEvent } from '@iot/qos';
import { reportUncaught } from './events.js';

/** The logger of the application: pino, or any object with these four methods of pino. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * Logs about one client. The id is undefined if it is not known. Without a logger nothing is logged. An error that the logger
 * throws becomes an uncaught exception.
 */
export class LinkLog {
  readonly #logger: Logger | undefined;
  readonly #id: string | undefined;

  constructor(logger: Logger | undefined, id: string | undefined) {
    this.#logger = logger;
    this.#id = id;
  }

  write(level: keyof Logger, message: string, fields: object = {}): void {
    const logger = this.#logger;
    if (logger === undefined) return;
    reportUncaught(() => {
      logger[level](this.#id === undefined ? fields : { id: this.#id, ...fields }, message);
    });
  }

  /** Warns about the writes that had not settled when `await using` stopped waiting for them. */
  dropped(writes: number, closeTimeoutMs: number): void {
    if (writes === 0) return;
    this.write('warn', 'closed with writes that had not settled: they were dropped', {
      writes,
      closeTimeoutMs,
    });
  }

  #down({ reason, wasUp, told }: SessionEvent & { type: 'down' }): void {
    const fields = { reason, ...(told && { code: told.code, why: told.text }) };
    if (wasUp) this.write('warn', 'the link is down', fields);
    else this.write('debug', 'the link ended before it was up', fields);
  }

  /** Logs an event of the session. */
  event(event: SessionEvent): void {
    switch (event.type) {
      case 'up':
        return this.write('info', 'the link is up');
      case 'down':
        return this.#down(event);
      case 'protocol':
        return this.write('debug', 'the link speaks another version of the protocol', {
          protocol: event.version,
        });
      case 'peer-error':
        if (event.error.code === 'ERR_ROUND_TRIP')
          return this.write('error', event.error.message, { code: event.error.code });
        this.write('warn', 'the other end broke the protocol', { code: event.error.code });
        // At level debug, because the message may quote a line.
        return this.write('debug', event.error.message, { code: event.error.code });
      case 'keepalive':
        return this.write('debug', 'keepalive received');
      case 'settled':
        return this.write('debug', 'a line has settled', { ticket: event.ticket });
    }
  }
}
