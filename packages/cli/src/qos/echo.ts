/** The other end of `iot qos client`: sends each line back, in order. */
import type { Connection, Server } from '@iot/server';

/**
 * Maximum number of lines on their way back to a client. At this limit no further line is read, which slows
 * the client down.
 */
const MOST_UNACKED = 64;

export function echoLines(server: Server): void {
  server.on('client', (conn) => {
    // The write rejects when the connection is closed.
    echo(conn).catch(() => undefined);
  });
}

async function echo(conn: Connection): Promise<void> {
  let writes: Promise<void>[] = [];
  for await (const line of conn) {
    writes.push(conn.write(line));
    if (writes.length < MOST_UNACKED) continue;
    await Promise.all(writes);
    writes = [];
  }
}
