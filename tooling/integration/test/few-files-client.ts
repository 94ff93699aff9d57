/**
 * A client in a process of its own. When its link is lost it takes all file descriptors that there are, and gives them back
 * on request. Reports whether its link is up, and why it has none.
 */
import { closeSync, openSync } from 'node:fs';
import { connect } from '@iot/client';

const quiet = (): void => undefined;
const debug = (fields: object, message: string): void => {
  if (message === 'an attempt to connect failed') process.send!((fields as { why: string }).why);
};
const logger = { debug, info: quiet, warn: quiet, error: quiet };
const client = connect({
  id: 'board',
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  timeout: 20_000,
  logger,
});
const files: number[] = [];

client.on('state', (up) => {
  process.send!(up ? 'up' : 'down');
  if (!up) takeAll();
});
process.on('message', () => {
  for (const file of files) closeSync(file);
});
for await (const line of client) await client.write(line);

function takeAll(): void {
  try {
    for (;;) files.push(openSync(process.execPath, 'r'));
  } catch {
    // There are no more.
  }
}
