/**
 * Alerts on their way, one after the other. One that fails is tried again after 1, 2, 4 and 8 s, and then given up. Beyond
 * the bound of the queue new ones are dropped: what comes first says what has happened.
 */
import type { Clock } from '@iot/connection';
import { IotError, LinkError } from '@iot/framing';
import type { Limits } from '../limits.js';
import type { Alert, AlertSettings } from './options.js';

/** How alerts have ended. */
export const ALERT_RESULTS = ['delivered', 'failed', 'dropped'] as const;

export class Delivery {
  readonly #to: AlertSettings['to'];
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #ended: (result: (typeof ALERT_RESULTS)[number]) => void;
  readonly #queue: Alert[] = [];
  readonly #closing = new AbortController();
  #isRunning = false;
  /** The one before has failed: a row of failures is one warning. */
  #hasFailed = false;

  constructor(
    to: AlertSettings['to'],
    clock: Clock,
    limits: Limits,
    ended: (result: (typeof ALERT_RESULTS)[number]) => void,
  ) {
    this.#to = to;
    this.#clock = clock;
    this.#limits = limits;
    this.#ended = ended;
  }

  send(alert: Alert): void {
    if (this.#queue.length >= this.#limits.alerts) return this.#ended('dropped');
    this.#queue.push(alert);
    if (!this.#isRunning) void this.#run();
  }

  /** Gives up what is on its way. */
  close(): void {
    this.#queue.length = 0;
    this.#closing.abort();
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let alert = this.#queue[0]; alert !== undefined; alert = this.#queue[0]) {
      const failure = await this.#deliver(alert);
      this.#queue.shift();
      if (this.#isClosed()) break;
      this.#ended(failure === undefined ? 'delivered' : 'failed');
      if (failure !== undefined && !this.#hasFailed)
        process.emitWarning(`alerts of @iot/admin are not delivered: ${failure}`);
      this.#hasFailed = failure !== undefined;
    }
    this.#isRunning = false;
  }

  /** Why it could not be delivered; undefined when it was. */
  async #deliver(alert: Alert): Promise<string | undefined> {
    let waitMs = this.#limits.alertRetryMs;
    for (let attempt = 1; ; attempt++, waitMs *= 2) {
      try {
        await (typeof this.#to === 'function' ? this.#to(alert) : this.#post(this.#to, alert));
        return undefined;
      } catch (error) {
        const isFinal = error instanceof NotTaken || attempt === this.#limits.alertAttempts;
        if (isFinal || this.#isClosed()) return reasonOf(error);
      }
      await this.#after(waitMs);
      if (this.#isClosed()) return 'closed';
    }
  }

  async #post(url: URL, alert: Alert): Promise<void> {
    const late = new AbortController();
    const abort = () => late.abort();
    const cancel = this.#clock.at(this.#clock.now() + this.#limits.alertMs, abort);
    this.#closing.signal.addEventListener('abort', abort);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alert),
        redirect: 'manual',
        signal: late.signal,
      });
      await response.body?.cancel();
      const { ok, status } = response;
      if (ok) return;
      if (status === 429 || status >= 500)
        throw new LinkError('ERR_NETWORK', `the webhook answers ${status}`);
      throw new NotTaken('ERR_NETWORK', `the webhook answers ${status}`);
    } finally {
      cancel();
      this.#closing.signal.removeEventListener('abort', abort);
    }
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#closing.signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#clock.at(this.#clock.now() + ms, done);
      this.#closing.signal.addEventListener('abort', done);
    });
  }
}

/** The other end does not take it, however often it is sent. */
class NotTaken extends LinkError {}

/** Without the URL, which may hold a secret: that may be in the message of another error. */
function reasonOf(error: unknown): string {
  if (error instanceof IotError) return error.message;
  const { name, cause } = (error ?? {}) as { name?: string; cause?: { code?: string } };
  return cause?.code ?? name ?? 'it has failed';
}
