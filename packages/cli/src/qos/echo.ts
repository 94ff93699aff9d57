/** The other end of `iot qos client`: sends each line back, in order. */
import type { Connection, Server } from '@iot/server';

/** Most lines on their way back to a client; then the next line waits, and with it the client. */
const MOST_UNACKED = 64;

export function echoLines(server: Server): void {
  server.on('client', (conn) => {
    // It ends with the connection.
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
