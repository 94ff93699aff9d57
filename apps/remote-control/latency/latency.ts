/** `latency`: from press to LED, beside two hops of raw lines. */
import { ProcessGroup, run, say } from '@iot/app-kit';
import type { Group } from '../remote/trio.js';
import { LATENCY } from '../src/settings.js';
import { render } from './figures.js';
import { measure } from './measure.js';

await run(LATENCY, async ({ presses }, stop) => {
  await using group: Group = new ProcessGroup(stop, (name, line) => {
    say(`${name}  ${line}`);
  });
  say(`${presses} presses, and as many raw lines in turn; Ctrl-C ends early`);
  const times = { presses: [], hops: [] };
  try {
    await measure(group, presses, times);
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  await group.end();
  if (times.hops.length > 0) say(render(times));
  else say('stopped before the first figure');
});
