/**
 * Runs the client of this project against the model of an original server, over real sockets through the
 * fault proxy, which ends the link with a FIN or a reset every 1 to 3 s. Lines are written in both directions
 * all the time. The soak fails when a line is lost or doubled, or when no line has passed in one direction
 * for a minute.
 *
 * The soak avoids mistakes of the original that the client cannot correct: all lines have `qos` and `wait`,
 * and the server's first line may come again (docs/PROTOCOL.md, What cannot be had with these frames).
 */
import { connect, type Client } from '@iot/client';
import { runScript, seededScript, startFaultProxy, type FaultProxy } from '@iot/fault-proxy';
import { OriginalServer } from '@iot/reference-models';
import { Random } from '@iot/simulation';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Board, runServer } from '@iot/reference-models/sockets';
import { Tally } from './tally.js';

const HOST = '127.0.0.1';
const TIMEOUT = 1500;
/** Mean pause between two cuts. A pause is between 0.5 and 1.5 times as long. */
const MEAN_PAUSE_MS = 2000;
const MOST_WRITE_PAUSE_MS = 100;
const REPORT_MS = 60_000;
/**
 * If no line passes for this time, the direction hangs. After a link that was cut before any line has passed,
 * the client pauses at most 5 s. Cuts are 1 to 3 s apart, so within a minute at least one link lasts long
 * enough for a line.
 */
const HANG_MS = 60_000;

/** One direction: its lines, the function that writes a line, and the number of lines written and acked. */
interface Direction {
  readonly tally: Tally;
  readonly write: (line: string) => Promise<void>;
  written: number;
}

const { minutes, seed } = options();
const random = new Random(seed);
process.exitCode = (await soak()) ? 0 : 1;

/** Returns true if the soak has passed. */
async function soak(): Promise<boolean> {
  const board = new Board(new OriginalServer({ timeoutMs: TIMEOUT, random: () => random.float() }));
  const { port, server } = await runServer(board);
  await using proxy = await startFaultProxy({ to: { host: HOST, port }, seed });
  const client = connect({
    id: 'board',
    host: HOST,
    port: proxy.port,
    timeout: TIMEOUT,
    badServer: () => Promise.resolve(),
  });
  const up: Direction = {
    tally: new Tally('up', { firstMayComeAgain: true }),
    write: (line) => client.write(line),
    written: 0,
  };
  const down: Direction = { tally: new Tally('down'), write: (line) => board.write(line), written: 0 };
  const report = (when: string) => {
    const { accepted, cuts } = proxy.stats;
    const { keepaliveFailures } = board.machine;
    print(
      `${when}: ${accepted} links, ${cuts} cut, ${client.connects} came up; ${keepaliveFailures} times a keepalive met a dead socket`,
    );
    for (const { tally } of [up, down]) print(`  ${String(tally)}`);
  };
  print(`seed ${seed}, ${minutes} min, timeout ${TIMEOUT} ms`);

  const over = new AbortController();
  const settled = new AbortController();
  const ticking = setInterval(() => report('so far'), REPORT_MS);
  void readUp(board, up.tally);
  void readDown(client, down.tally);
  const cutting = cut(proxy, over);
  const writing = Promise.all([up, down].map((direction) => writeUntil(over.signal, direction)));
  const hung = await Promise.race([
    hanging([up.tally, down.tally], settled.signal),
    writing.then(() => undefined),
  ]);
  settled.abort();
  over.abort();
  // A retransmission of an acked line would arrive within this time.
  if (hung === undefined) await sleep(2 * TIMEOUT);
  clearInterval(ticking);
  // The writes of a hanging direction reject here.
  await Promise.all([client.close(), cutting]);
  server.close();
  report('in all');
  const right = [up, down].every(({ tally, written }) => tally.isRight(written));
  if (hung !== undefined) print(`HANG: no line ${hung.name} for ${HANG_MS / 1000} s`);
  else print(right ? 'passed' : 'WRONG: lines were lost, doubled or changed');
  return right && hung === undefined;
}

/** Cuts the link every 1 to 3 s, until the end of the run. */
async function cut(proxy: FaultProxy, over: AbortController): Promise<void> {
  const durationMs = minutes * 60_000;
  const script = seededScript(seed, { kinds: ['cut'], meanPauseMs: MEAN_PAUSE_MS, durationMs });
  await runScript(proxy, script, { signal: over.signal }).catch(() => undefined);
  over.abort();
}

/** Writes lines, each after the ack of the one before, until the signal. */
async function writeUntil(over: AbortSignal, direction: Direction): Promise<void> {
  while (!over.aborted) {
    await direction.write(direction.tally.line(direction.written));
    direction.written += 1;
    await sleep(random.int(0, MOST_WRITE_PAUSE_MS));
  }
}

async function readUp(board: Board<OriginalServer>, tally: Tally): Promise<void> {
  for (let n = 0; ; n++) tally.delivered((await board.reads(n + 1))[n] ?? '');
}

async function readDown(client: Client, tally: Tally): Promise<void> {
  for await (const line of client) tally.delivered(line);
}

/** Resolves with the direction in which no line has come for too long, or once the signal is aborted. */
async function hanging(tallies: readonly Tally[], settled: AbortSignal): Promise<Tally | undefined> {
  const last = tallies.map((tally) => ({ tally, count: 0, at: performance.now() }));
  while (!settled.aborted) {
    await sleep(1000);
    for (const seen of last) {
      if (seen.tally.count > seen.count)
        Object.assign(seen, { count: seen.tally.count, at: performance.now() });
      else if (performance.now() - seen.at > HANG_MS) return seen.tally;
    }
  }
  return undefined;
}

function options(): { minutes: number; seed: number } {
  try {
    const { values } = parseArgs({
      options: { minutes: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
    });
    const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
    if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not ${values.minutes}`);
    if (seed >>> 0 !== seed)
      throw new Error(`--seed must be a whole number below 2 ** 32, not ${values.seed}`);
    return { minutes, seed };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(2);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
