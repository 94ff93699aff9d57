/** The button of a terminal: a key, or a line where standard input is no terminal. */
import { createInterface } from 'node:readline';

const PRESS = ' \r\n';
/** q, and what Ctrl-C and Ctrl-D are when the terminal hands over every key. */
const END = 'q\x03\x04';

export const KEYS = 'space or enter is the button, q or Ctrl-C ends';
export const LINES = 'each line of standard input is a press of the button, Ctrl-C ends';

/**
 * Calls `press` for each press. Resolves when a key asks for the end or `stop` is aborted, and leaves the terminal as
 * it was. The end of a file or a pipe is not an end: the button is just not pressed any more.
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
    input.on('error', () => undefined); // the terminal is gone, and a signal comes too
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
