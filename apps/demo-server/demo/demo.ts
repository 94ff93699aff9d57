/**
 * `demo`: a server and four clients for a while; every link is cut once; nothing may be lost or come twice. With `--i2c`
 * a server and a board, whose bridge crashes twice.
 */
import { run, say, timedOutput } from '@iot/app-kit';
import { DEMO } from '../src/settings.js';
import { playI2c } from './i2c-scenario.js';
import { renderI2c } from './i2c-summary.js';
import { play } from './scenario.js';
import { render } from './summary.js';

await run(DEMO, async (settings, stop) => {
  const output = timedOutput();
  if (settings.i2c === true) {
    const summary = await playI2c(settings, stop, output);
    conclude(renderI2c(summary), summary.ok);
  } else {
    const summary = await play(settings, stop, output);
    conclude(render(summary), summary.ok);
  }
});

function conclude(text: string, ok: boolean): void {
  say(`\n${text}`);
  if (!ok) process.exitCode = 1;
}
