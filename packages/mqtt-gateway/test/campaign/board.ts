/**
 * A board of the campaign, in a process of its own that may be killed at any time. Sends the lines from a number on, and reports its
 * parent each that is acked, and each that came before it is done with it. With a store a line is safe once it is stored.
 *
 *     board.js ID HOST PORT FIRST LAST [STORE]
 */
import { connect } from '@iot/client';
import { levelStore } from '@iot/store-level';

/** A line that is safe, or one that came. */
export type BoardNews =
  | { readonly type: 'sent'; readonly line: number }
  | { readonly type: 'got'; readonly line: number; readonly redelivered: boolean };

/** Lines that it has written and that are not safe, at most. */
const IN_FLIGHT = 10;

const [id, host, port, first, last, folder] = process.argv.slice(2);
const store = folder === undefined ? undefined : await levelStore(folder);
const client = connect({
  id: id!,
  host: host!,
  port: Number(port),
  timeout: 1500,
  ackWhen: 'done',
  store,
  badServer: () => undefined, // it tries again, also when the gateway was killed before the first link
});

void write();
for await (const message of client.messages()) {
  await tell({ type: 'got', line: Number(message.text), redelivered: message.redelivered });
  message.done();
}

async function write(): Promise<void> {
  const safe: Promise<void>[] = [];
  for (let line = Number(first); line <= Number(last); line += 1) {
    if (safe.length >= IN_FLIGHT) await safe.shift();
    const written = client.write(String(line), { until: store === undefined ? 'acked' : 'stored' });
    safe.push(written.then(() => tell({ type: 'sent', line })));
  }
}

/** Resolves when the parent gets it even if this process is killed. */
function tell(news: BoardNews): Promise<void> {
  return new Promise((resolve) => {
    process.send!(news, undefined, {}, () => {
      resolve();
    });
  });
}
