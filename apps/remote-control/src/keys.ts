/** The button on a terminal: a press of a key, or a line if standard input is not a terminal. */
import { createInterface } from 'node:readline';

const PRESS = ' \r\n';
/** q, Ctrl-C and Ctrl-D, as characters of a terminal in raw mode. */
const END = 'q\x03\x04';

export const KEYS = 'space or enter is the button, q or Ctrl-C ends';
export const LINES = 'each line of standard input is a press of the button, Ctrl-C ends';

/**
 * Calls `press` for each press. Resolves when one of the keys in `END` is pressed or `stop` is aborted, and
 * restores the terminal. At the end of a file or pipe it does not resolve: there are just no more presses.
 */
export async function readKeys(
  input: NodeJS.ReadStream,
  press: () => void,
  stop: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      resolve();
    };
    if (stop.aborted) end();
    stop.addEventListener('abort', end, { once: true });
    input.on('error', () => undefined); // the terminal was closed: the process also gets a signal
    if (input.isTTY) {
      input.setRawMode(true);
      input.on('data', (keys: Buffer) => {
        for (const key of keys.toString()) {
          if (PRESS.includes(key)) press();
          if (END.includes(key)) end();
        }
      });
    } else {
      createInterface({ input }).on('line', press);
    }
  });
  if (input.isTTY) input.setRawMode(false);
  input.destroy();
}
