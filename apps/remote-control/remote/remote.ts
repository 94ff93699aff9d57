/** `remote`: the server, rx and tx in one terminal, whose keys are the button. */
import { insteadOf, ProcessGroup, run, say, stopped } from '@iot/app-kit';
import colors from 'picocolors';
import { KEYS, LINES, readKeys } from '../src/keys.js';
import { REMOTE } from '../src/settings.js';
import { startTrio, type Group } from './trio.js';

await run(REMOTE, async (settings, stop) => {
  const { port } = settings;
  await using group: Group = new ProcessGroup(stop, (name, line) => {
    say(`${colors.magenta(name.padEnd(6))}  ${line}`);
  });
  try {
    const trio = await startTrio(group, { ...settings, quiet: false });
    say(`${insteadOf(port, trio.port)}the server listens on port ${trio.port}`);
    say(`processes: server ${trio.server.pid}, rx ${trio.rx.pid}, tx ${trio.tx.pid}`);
    say(colors.bold(process.stdin.isTTY ? KEYS : LINES));
    const press = (): void => {
      trio.tx.ask('press');
    };
    await Promise.race([readKeys(process.stdin, press, group.over), stopped(group.over)]);
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  await group.end();
});
