import { EventEmitter, once } from 'node:events';
import type { Link } from '../src/log.js';
import type { Data } from '../src/message.js';
import { RecordingLog } from '../src/recording-log.js';

/** Keeps the report of one end, and wakes who waits for something to be in it. */
export class Ledger extends RecordingLog {
  readonly #news = new EventEmitter();
  #taken = 0;
  #connects = 0;

  /** Lines that were sent: the bridge has taken them from the board, the server's are acked. */
  get linesTaken(): number {
    return this.#taken;
  }

  /** How many times the link has come up. */
  get connects(): number {
    return this.#connects;
  }

  override sent(data: Data): void {
    super.sent(data);
    this.#taken += 1;
    this.#news.emit('news');
  }

  override got(data: Data): void {
    super.got(data);
    this.#news.emit('news');
  }

  override state(up: boolean, link: Link): void {
    super.state(up, link);
    this.#connects = link.connects;
    this.#news.emit('news');
  }

  /**
   * Waits until this is so; goes on in the very turn of the event loop in which it comes to be so. Rejects with
   * `signal.reason`.
   */
  async until(isSo: (ledger: this) => boolean, signal: AbortSignal): Promise<void> {
    while (!isSo(this)) {
      await once(this.#news, 'news', { signal }).catch(() => {
        throw signal.reason as Error;
      });
    }
  }
}
