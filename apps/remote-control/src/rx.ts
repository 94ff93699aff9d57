/** `rx`: the client with the LED, until Ctrl-C. */
import { run, stopped } from '@iot/app-kit';
import { openLed } from './gpio.js';
import { PrintedLed, type Led } from './led.js';
import { PrintingLog, say } from './log.js';
import { clock, hasParent, parent, tell } from './news.js';
import { App } from './rx-app.js';
import { rxSettings } from './settings.js';

await run(async (stop) => {
  const { quiet = false, gpioLed, ...settings } = rxSettings(process.argv.slice(2));
  const log = new PrintingLog({ quiet, stop });
  const real = gpioLed === undefined ? undefined : await openLed(gpioLed);
  const led = real ?? new PrintedLed(log);
  if (!quiet && !hasParent) say(`rx of the server at ${settings.host}:${settings.port}; Ctrl-C ends`);
  const app = new App({ ...settings, led: hasParent ? reporting(led) : led, log });
  try {
    await Promise.race([stopped(stop), app.start()]);
  } finally {
    await app.close();
    real?.close();
  }
}, parent);

/** Tells the parent too. */
function reporting(led: Led): Led {
  return {
    show(on) {
      led.show(on);
      tell({ type: 'led', on, at: clock() });
    },
  };
}
