/**
 * What an end of the link logs about it. Never a line's text above debug level, and never a password.
 */
import type { SessionEvent } from '@iot/qos';
import { reportUncaught } from './events.js';

/** Where to log: pino, or any object with these of its methods. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Logs about one client, whose id may not be known; nothing without a logger. What a logger throws becomes an uncaught exception. */
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

  /** Writes that `await using` did not wait for any longer. */
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

  /** Starts and ends of links. */
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
        // Its text may quote a line.
        return this.write('debug', event.error.message, { code: event.error.code });
      case 'keepalive':
        return this.write('debug', 'keepalive received');
      case 'settled':
        return this.write('debug', 'a line is done', { ticket: event.ticket });
    }
  }
}
