/** `demo`: a server and four clients for a while; every link is cut once; nothing may be lost or come twice. */
import { run } from '@iot/app-kit';
import colors from 'picocolors';
import { say } from '../src/log.js';
import { demoSettings } from '../src/settings.js';
import { play } from './scenario.js';
import { render } from './summary.js';

await run(async (stop) => {
  const settings = demoSettings(process.argv.slice(2));
  const seconds = (): string => (performance.now() / 1000).toFixed(1).padStart(5);
  const summary = await play(settings, stop, {
    step: (text) => {
      say(`${colors.dim(`${seconds()} s`)}  ${text}`);
    },
    line: (name, text) => {
      say(`${colors.dim(`${seconds()} s`)}  ${colors.cyan(name)}  ${text}`);
    },
  });
  say(`\n${render(summary)}`);
  if (!summary.ok) process.exitCode = 1;
});
