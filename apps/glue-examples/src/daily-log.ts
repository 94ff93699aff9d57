/**
 * `daily-log`: every line from every board goes to `<folder>/<YYYY-MM-DD>.jsonl`, until Ctrl-C.
 *
 * Days and times are UTC, those of this machine when it reads the line. A board is acked a line when it is on the disk. So a
 * power cut takes no line: it is in a file, or its board has had no ack and sends it again. With a store, one that may be
 * in a file already is marked as `redelivered` there; without one it comes as another line.
 *
 * The write is synchronous. While a disk stalls, the boards see an outage, and go on where they were when it is over.
 */
import { openServer, portsOf, run, say, sayTurnedAway, stopped } from '@iot/app-kit';
import type { Connection } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { DayFiles } from './day-files.js';
import { DAILY_LOG } from './settings.js';

await run(DAILY_LOG, async ({ folder, store: storeFolder, ...settings }, stop) => {
  using files = new DayFiles(folder);
  files.append(new Date(), ''); // a folder that cannot be written to is found before a board can connect
  await using store = storeFolder === undefined ? undefined : await levelStore(storeFolder);
  await using server = await openServer(settings, { store, ackWhen: 'done' });
  sayTurnedAway(server);
  say(`listening on ${portsOf(server)}, logging to ${folder}; Ctrl-C ends`);

  const failed = new Promise<never>((_, reject) => {
    // Told once for each board, which keeps its connection over all its links.
    server.on('client', (board) => {
      log(files, board).catch(reject);
    });
  });
  await Promise.race([stopped(stop), failed]);
});

async function log(files: DayFiles, board: Connection): Promise<void> {
  for await (const message of board.messages()) {
    const time = new Date();
    const again = message.redelivered ? { redelivered: true } : {};
    files.append(time, `${JSON.stringify({ time, id: board.id, line: message.text, ...again })}\n`);
    message.done();
  }
}
