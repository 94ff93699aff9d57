// Runs in the page: a client's session and a server's session send each other a line every tenth of a second of
// virtual time, over links of which one goes deaf on the way. Both notice, the client opens another, and no line is
// lost or comes twice.
import { HelloReader } from '@iot/framing';
import { Session } from '@iot/qos';

const LINES = 20;
const EVERY_MS = 100;
const DEAF = { from: 450, until: 2500 };
const STEP_MS = 5;

export interface Report {
  readonly atClient: readonly string[];
  readonly atServer: readonly string[];
  /** Writes of both ends that were acked. */
  readonly settled: number;
  readonly outages: number;
  readonly retransmitted: number;
  /** What of Node the page has: nothing, in a browser. */
  readonly ofNode: readonly string[];
}

export function throughAnOutage(): Report {
  const client = new Session({ role: 'client', id: 'page', timeout: 1000 });
  const server = new Session({ role: 'server', timeout: 1000 });
  const atClient: string[] = [];
  const atServer: string[] = [];
  let hello: HelloReader | undefined;
  let settled = 0;

  const hearAtServer = (chunk: Uint8Array, now: number): void => {
    if (hello === undefined) return server.receive(chunk, now);
    const first = hello.push(chunk);
    if (first === undefined) return;
    hello = undefined;
    server.open(now);
    server.receive(first.rest, now);
  };

  for (let now = 0; now < 10_000; now += STEP_MS) {
    const deaf = now >= DEAF.from && now < DEAF.until;
    const nth = now / EVERY_MS;
    if (Number.isInteger(nth) && nth < LINES) {
      client.write(`page ${nth}`);
      server.write(`hall ${nth}`);
    }
    if (!client.linkOpen && !deaf) {
      server.linkClosed(now, 'reset');
      hello = new HelloReader(256);
      client.open(now);
    }
    for (const chunk of output(client, now)) if (!deaf) hearAtServer(chunk, now);
    for (const chunk of output(server, now)) if (!deaf) client.receive(chunk, now);
    settled += attend(client, now, atClient) + attend(server, now, atServer);
  }

  const outages = client.stats.outages + server.stats.outages;
  const retransmitted = client.stats.retransmitted + server.stats.retransmitted;
  const ofNode = ['process', 'Buffer', 'require', 'setImmediate'].filter((name) => name in globalThis);
  return { atClient, atServer, settled, outages, retransmitted, ofNode };
}

function output(session: Session, now: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let out = session.takeOutput(now); out !== undefined; out = session.takeOutput(now)) chunks.push(out);
  return chunks;
}

/** What is due at one end; its lines are added to `lines`. Gives how many writes have settled. */
function attend(session: Session, now: number, lines: string[]): number {
  // Twice: whether a peer is dead is decided at the second look.
  for (let look = 0; look < 2; look += 1) if (session.nextDeadline() <= now) session.tick(now);
  for (let line = session.read(); line !== undefined; line = session.read()) lines.push(line);
  return session.takeEvents().filter(({ type }) => type === 'settled').length;
}
