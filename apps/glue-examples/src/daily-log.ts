/**
 * `daily-log`: every line from every board goes to `<folder>/<YYYY-MM-DD>.jsonl`, until Ctrl-C.
 *
 * Days and times are UTC, those of this machine when it reads the line. Each line is with the operating system before
 * the next is read, and all that has come is read at once: Ctrl-C finds nothing to flush, and every line that a board
 * knows as acked is in a file. A power cut may take what the system had not yet written.
 *
 * The write is synchronous. It takes some microseconds; while a disk stalls, the boards see an outage, and go on where
 * they were when it is over.
 */
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, stopped } from '@iot/app-kit';
import { listen, type Connection } from '@iot/server';
import { dailyLogSettings, say } from './settings.js';

await run(async (stop) => {
  const { folder, host, port, timeout } = dailyLogSettings(process.argv.slice(2));
  append(folder, new Date(), ''); // a folder that cannot be written to is found before a line is acked
  await using server = await listen({ host, port, timeout });
  say(`listening on port ${server.address.port}, logging to ${folder}; Ctrl-C ends`);

  const failed = new Promise<never>((_, reject) => {
    // Told once for each board, which keeps its connection over all its links.
    server.on('client', (board) => {
      log(folder, board).catch(reject);
    });
  });
  await Promise.race([stopped(stop), failed]);
});

async function log(folder: string, board: Connection): Promise<void> {
  for await (const line of board) {
    const time = new Date();
    append(folder, time, `${JSON.stringify({ time, id: board.id, line })}\n`);
  }
}

/** The file's name is made anew each time: at midnight the next file begins, and one that was moved away is made again. */
function append(folder: string, time: Date, text: string): void {
  const path = join(folder, `${time.toISOString().slice(0, 10)}.jsonl`);
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    appendFileSync(path, text);
  } catch (error) {
    const lost = text === '' ? '' : ` Not logged: ${text.trimEnd()}`;
    throw new Error(`cannot write to ${path} (${(error as Error).message}).${lost}`, { cause: error });
  }
}
