import type { Logger } from '@iot/connection';
import { News } from '@iot/vitest-config/news';

/** What a store says. */
export class Log implements Logger {
  readonly lines: string[] = [];
  readonly #news = new News();
  readonly debug = this.#level('debug');
  readonly info = this.#level('info');
  readonly warn = this.#level('warn');
  readonly error = this.#level('error');

  async has(level: string, count = 1): Promise<void> {
    await this.#news.until(() => this.lines.filter((it) => it.startsWith(level)).length >= count);
  }

  #level(level: string) {
    return (_: object, message: string) => {
      this.lines.push(`${level} ${message}`);
      this.#news.tell();
    };
  }
}
