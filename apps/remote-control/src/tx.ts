/** `tx`: the client with the button, until Ctrl-C. */
import { run, stopped } from '@iot/app-kit';
import { Toggle } from './button.js';
import { openButton } from './gpio.js';
import { KEYS, LINES, readKeys } from './keys.js';
import { PrintingLog, say } from './log.js';
import { clock, hasParent, onOrder, parent, tell } from './news.js';
import { txSettings } from './settings.js';
import { App } from './tx-app.js';

await run(async (stop) => {
  const { quiet = false, gpioButton, every, ...settings } = txSettings(process.argv.slice(2));
  const toggle = new Toggle();
  const real = gpioButton === undefined ? undefined : await openButton(gpioButton);
  const app = new App({ ...settings, button: real ?? toggle, log: new PrintingLog({ quiet, stop }) });
  const press = (): void => {
    toggle.press();
  };

  const over = new AbortController();
  const running = [stopped(stop), app.start()];
  let how = 'Ctrl-C ends';
  let timer: NodeJS.Timeout | undefined;
  if (every !== undefined) {
    timer = setInterval(press, every);
    how = `the button is pressed every ${every} ms, ${how}`;
  }
  if (hasParent) {
    obey(press);
  } else if (real === undefined && every === undefined) {
    running.push(readKeys(process.stdin, press, AbortSignal.any([stop, over.signal])));
    how = process.stdin.isTTY ? KEYS : LINES;
  }
  if (!quiet && !hasParent) say(`tx of the server at ${settings.host}:${settings.port}; ${how}`);

  try {
    await Promise.race(running);
  } finally {
    over.abort(); // gives the terminal back
    clearInterval(timer);
    await app.close();
    real?.close();
  }
}, parent);

/** The parent has the keys. */
function obey(press: () => void): void {
  let at = 0n;
  onOrder('press', () => {
    at = clock();
    press();
  });
  onOrder('when', () => {
    tell({ type: 'pressed', at });
  });
}
