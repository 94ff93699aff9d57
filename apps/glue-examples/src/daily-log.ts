/**
 * `daily-log`: every line from every board goes to `<folder>/<YYYY-MM-DD>.jsonl`, until Ctrl-C.
 *
 * Days and times are UTC, those of this machine when it reads the line. A board is acked a line when it is read here, and
 * in the same turn, before any other line is read, it is written and on the disk. So a power cut takes at most the one
 * line that was being written; all others are in a file, or their boards have had no ack and send them again.
 *
 * The write is synchronous. While a disk stalls, the boards see an outage, and go on where they were when it is over.
 */
import { run, say, sayTurnedAway, stopped } from '@iot/app-kit';
import { listen, type Connection } from '@iot/server';
import { DayFiles } from './day-files.js';
import { DAILY_LOG } from './settings.js';

await run(DAILY_LOG, async ({ folder, host, port, timeout }, stop) => {
  using files = new DayFiles(folder);
  files.append(new Date(), ''); // a folder that cannot be written to is found before a board can connect
  await using server = await listen({ host, port, timeout, ackWhen: 'read' });
  sayTurnedAway(server);
  say(`listening on port ${server.address.port}, logging to ${folder}; Ctrl-C ends`);

  const failed = new Promise<never>((_, reject) => {
    // Told once for each board, which keeps its connection over all its links.
    server.on('client', (board) => {
      log(files, board).catch(reject);
    });
  });
  await Promise.race([stopped(stop), failed]);
});

async function log(files: DayFiles, board: Connection): Promise<void> {
  for await (const line of board) {
    const time = new Date();
    files.append(time, `${JSON.stringify({ time, id: board.id, line })}\n`);
  }
}
