/**
 * `daily-log`: appends every line of every board to `<folder>/<YYYY-MM-DD>.jsonl`, until Ctrl-C.
 *
 * Days and times are UTC, from the clock of this machine when it reads the line. A line is acked when it is
 * on the disk. So a power cut loses no line: either the line is in a file, or its board got no ack and sends
 * the line again. A line may then be logged twice. With a store, the second entry is marked as `redelivered`.
 *
 * Writing is synchronous. While the disk blocks, the boards see an outage. They continue when it is over.
 */
import { openServer, portsOf, run, say, sayTurnedAway, stopped } from '@iot/app-kit';
import type { Connection } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { DayFiles } from './day-files.js';
import { DAILY_LOG } from './settings.js';

await run(DAILY_LOG, async ({ folder, store: storeFolder, ...settings }, stop) => {
  using files = new DayFiles(folder);
  files.append(new Date(), ''); // fails before a board can connect, if the folder is not writable
  await using store = storeFolder === undefined ? undefined : await levelStore(storeFolder);
  await using server = await openServer(settings, { store, ackWhen: 'done' });
  sayTurnedAway(server);
  say(`listening on ${portsOf(server)}, logging to ${folder}; Ctrl-C ends`);

  const failed = new Promise<never>((_, reject) => {
    // Emitted once for each board: its connection object stays the same when it reconnects.
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
