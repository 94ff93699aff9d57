/**
 * A server whose sessions are in a store, in a process of its own that a test kills. The first process of a folder writes
 * `down 0` to `down 59` to its client and reads nothing; a later one reads, and reports what.
 *
 *   stored-server FOLDER first|later
 */
import { listen } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { numbered } from '@iot/vitest-config/lines';

export type News = { readonly port: number } | { readonly text: string; readonly redelivered: boolean };

const [, , folder = '', which] = process.argv;
const tell = (news: News) => process.send?.(news);

const store = await levelStore(folder, { durability: 'relaxed' });
const server = await listen({ port: 0, host: '127.0.0.1', timeout: 500, store });
server.on('client', (connection) => {
  if (which === 'first') {
    for (const line of numbered('down', 60)) void connection.write(line);
    return;
  }
  void (async () => {
    for await (const message of connection.messages()) {
      tell({ text: message.text, redelivered: message.redelivered });
      message.done();
    }
  })();
});
tell({ port: server.address.port });
