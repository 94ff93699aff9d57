/** `remote`: the server, rx and tx in one terminal, whose keys are the button. */
import { run, stopped } from '@iot/app-kit';
import colors from 'picocolors';
import { KEYS, LINES, readKeys } from '../src/keys.js';
import { say } from '../src/log.js';
import { remoteSettings } from '../src/settings.js';
import { Family } from './family.js';
import { startTrio } from './trio.js';

await run(async (stop) => {
  const { port, timeout, every } = remoteSettings(process.argv.slice(2));
  await using family = new Family(stop, (name, line) => {
    say(`${colors.magenta(name.padEnd(6))}  ${line}`);
  });
  try {
    const tx = every === undefined ? [] : ['--every', String(every)];
    const trio = await startTrio(family, { port, timeout, args: { tx } });
    const instead = port === 0 || trio.port === port ? '' : `port ${port} is taken, so `;
    say(`${instead}the server listens on port ${trio.port}`);
    say(`processes: server ${trio.server.pid}, rx ${trio.rx.pid}, tx ${trio.tx.pid}`);
    say(colors.bold(process.stdin.isTTY ? KEYS : LINES));
    const press = (): void => {
      trio.tx.ask('press');
    };
    await Promise.race([readKeys(process.stdin, press, family.over), stopped(family.over)]);
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  await family.end();
});
