/** `latency`: from press to LED, beside two hops of raw lines. */
import { run } from '@iot/app-kit';
import { Family } from '../remote/family.js';
import { say } from '../src/log.js';
import { latencySettings } from '../src/settings.js';
import { render } from './figures.js';
import { measure } from './measure.js';

await run(async (stop) => {
  const { presses } = latencySettings(process.argv.slice(2));
  await using family = new Family(stop, (name, line) => {
    say(`${name}  ${line}`);
  });
  say(`${presses} presses, and as many raw lines in turn; Ctrl-C ends early`);
  const times = { presses: [], hops: [] };
  try {
    await measure(family, presses, times);
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  await family.end();
  if (times.hops.length > 0) say(render(times));
  else say('stopped before the first figure');
});
