/** `tx`: runs the client with the button, until Ctrl-C. */
import { openClientTls, PrintingLog, run, say, stopped, tryAgain } from '@iot/app-kit';
import { connect } from '@iot/client';
import { Toggle } from './button.js';
import { openButton } from './gpio.js';
import { KEYS, LINES, readKeys } from './keys.js';
import { TX } from './settings.js';
import { sendState } from './tx-app.js';

await run(TX, async ({ host, port, timeout, quiet = false, gpioButton, every, ...files }, stop) => {
  const tls = await openClientTls(files, 'tx');
  const log = new PrintingLog('state', { quiet, stop });
  const toggle = new Toggle();
  using real = gpioButton === undefined ? undefined : await openButton(gpioButton);
  await using client = connect({ id: 'tx', host, port, tls, timeout, badServer: tryAgain(log) });
  const over = new AbortController();
  const running = [stopped(stop), sendState(real ?? toggle, client, log)];
  let how = 'Ctrl-C ends';
  let timer: NodeJS.Timeout | undefined;
  if (every !== undefined) {
    timer = setInterval(() => toggle.press(), every);
    how = `the button is pressed every ${every} ms, ${how}`;
  } else if (real === undefined) {
    running.push(readKeys(process.stdin, () => toggle.press(), AbortSignal.any([stop, over.signal])));
    how = process.stdin.isTTY ? KEYS : LINES;
  }
  if (!quiet) say(`tx of the server at ${host}:${port}; ${how}`);

  try {
    await Promise.race(running);
  } finally {
    over.abort(); // gives the terminal back
    clearInterval(timer);
  }
});
