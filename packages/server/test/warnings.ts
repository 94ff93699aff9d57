import type { Logger } from '../src/index.js';

/** A logger, and what it was warned of: the fields and the message of each warning. */
export function warnings() {
  const fields: object[] = [];
  const messages: string[] = [];
  const quiet = (): void => undefined;
  const warn = (of: object, message: string): void => {
    fields.push(of);
    messages.push(message);
  };
  const logger: Logger = { debug: quiet, info: quiet, error: quiet, warn };
  return { logger, fields, messages };
}
