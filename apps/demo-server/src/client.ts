/** `client`: one client, in place of a board, until Ctrl-C. */
import { run, stopped } from '@iot/app-kit';
import { App } from './client-app.js';
import { PrintingLog, say } from './log.js';
import { COUNT_OF } from './message.js';
import { clientSettings } from './settings.js';
import { logOf, takePart } from './taking-part.js';
import { parent } from './news.js';

await run(async (stop) => {
  const { quiet = false, ...settings } = clientSettings(process.argv.slice(2));
  const { id, host, port } = settings;
  if (!quiet) say(`client ${id} of the server at ${host}:${port}; Ctrl-C ends`);

  const log = logOf({ id, countAt: COUNT_OF.server }, new PrintingLog({ quiet, stop }));
  const app = new App({ ...settings, log });
  takePart([app], [log]);
  try {
    await Promise.race([stopped(stop), app.start()]);
  } finally {
    await app.close();
  }
}, parent);
