/** `rx`: runs the client with the LED, until Ctrl-C. */
import { openClientTls, PrintingLog, run, say, stopped, tryAgain } from '@iot/app-kit';
import { connect } from '@iot/client';
import { openLed } from './gpio.js';
import { printedLed } from './led.js';
import { showOn } from './rx-app.js';
import { RX } from './settings.js';

await run(RX, async ({ host, port, timeout, quiet = false, gpioLed, ...files }, stop) => {
  const tls = await openClientTls(files, 'rx');
  const log = new PrintingLog('state', { quiet, stop });
  using real = gpioLed === undefined ? undefined : await openLed(gpioLed);
  if (!quiet) say(`rx of the server at ${host}:${port}; Ctrl-C ends`);
  await using client = connect({ id: 'rx', host, port, tls, timeout, badServer: tryAgain(log) });
  await Promise.race([stopped(stop), showOn(real ?? printedLed(log), client, log)]);
});
