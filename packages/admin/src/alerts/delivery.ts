/**
 * Delivers alerts, one after the other. A failed alert is tried again after 1, 2, 4 and 8 s, and then given
 * up. When the queue is full, new alerts are dropped, because the oldest alerts show how a failure began.
 */
import type { Clock } from '@iot/connection';
import { IotError, LinkError } from '@iot/framing';
import type { Limits } from '../limits.js';
import type { Alert, AlertSettings } from './options.js';

/** The possible results of an alert. */
export const ALERT_RESULTS = ['delivered', 'failed', 'dropped'] as const;

export class Delivery {
  readonly #to: AlertSettings['to'];
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #ended: (result: (typeof ALERT_RESULTS)[number]) => void;
  readonly #queue: Alert[] = [];
  readonly #closing = new AbortController();
  #isRunning = false;
  /** The previous alert has failed. Consecutive failures cause one warning. */
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

  /** Cancels the alert in delivery and discards the waiting ones. */
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

  /** Returns why the alert could not be delivered, or undefined if it was delivered. */
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

/** The webhook rejects the alert, so another attempt is useless. */
class NotTaken extends LinkError {}

/**
 * Describes the error without the URL, which may contain a secret. Messages of other errors may quote the
 * URL.
 */
function reasonOf(error: unknown): string {
  if (error instanceof IotError) return error.message;
  const { name, cause } = (error ?? {}) as { name?: string; cause?: { code?: string } };
  return cause?.code ?? name ?? 'it has failed';
}
