/**
 * One round of `iot qos client`: sends numbered lines to a server that sends them back, through outages of
 * every kind. Each line must come back exactly once, and with `wait` in order.
 */
import { connect, LinkError, type Client, type TlsConnectOptions } from '@iot/client';
import {
  startFaultProxy,
  type Directions,
  type CutKind,
  type FaultProxy,
  type SeededRandom,
} from '@iot/fault-proxy';
import { CommandError } from '../exit-codes.js';

export interface RoundSettings {
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
  readonly tls: TlsConnectOptions | undefined;
  readonly id: string;
  readonly version: 1 | 2;
  /** True: each line waits for the lines before it. False: lines may overtake. */
  readonly wait: boolean;
  readonly lines: number;
  /** The number of outages of each kind. */
  readonly outages: number;
  readonly random: SeededRandom;
}

export interface RoundResult {
  readonly version: 1 | 2;
  readonly wait: boolean;
  readonly lines: number;
  readonly acked: number;
  readonly back: number;
  readonly lost: number;
  readonly twice: number;
  /** Counted only with `wait`. */
  readonly outOfOrder: number;
  readonly outages: number;
  /** Retransmissions by this end. */
  readonly repeats: number;
  readonly seconds: number;
}

type Outage = { readonly cut: CutKind } | { readonly stall: Directions };

const KINDS: readonly Outage[] = [
  { cut: 'fin' },
  { cut: 'rst' },
  { stall: 'toServer' },
  { stall: 'toClient' },
  { stall: 'both' },
];

/** Maximum number of lines that are written and not acked. */
const IN_FLIGHT = 16;

/** When no line has come back for this time, the missing lines count as lost. */
const MOST_SILENCE_MS = 30_000;

/**
 * The text differs in each round, because in version 1 a server may drop a line of a restarted client as a
 * duplicate if it has the same text.
 */
const textOf = (n: number, { id, version, wait }: RoundSettings) =>
  `${id} ${version} ${wait ? 'kept' : 'free'} ${n}`;
const numberIn = (line: string) => Number(line.slice(line.lastIndexOf(' ')));

/** Records which lines were acked, and which have come back. */
class Checker {
  readonly #seen = new Set<number>();
  acked = 0;
  twice = 0;
  outOfOrder = 0;
  #last = 0;

  get back(): number {
    return this.#seen.size;
  }

  take(line: string): void {
    const n = numberIn(line);
    if (this.#seen.has(n)) this.twice += 1;
    else if (n < this.#last) this.outOfOrder += 1;
    this.#seen.add(n);
    this.#last = Math.max(this.#last, n);
  }
}

/**
 * @param progress called with the number of lines that have come back
 * @throws CommandError when the server does not send lines back; `stop.reason` on abort
 */
export async function playRound(
  settings: RoundSettings,
  progress: (back: number) => void,
  stop: AbortSignal,
): Promise<RoundResult> {
  const { host, port, timeout, tls, id, version, wait, lines } = settings;
  await using proxy = await startFaultProxy({ to: { host, port } });
  const client = connect({
    id,
    host: proxy.host,
    port: proxy.port,
    timeout,
    tls,
    protocol: version,
    maxInFlight: IN_FLIGHT,
  });
  const close = () => void client.close();
  stop.addEventListener('abort', close, { once: true });
  try {
    await requireEcho(client, settings);
    const checker = new Checker();
    const startedAt = performance.now();
    const writing = write(client, proxy, settings, checker);
    writing.catch(() => undefined); // awaited below
    const isSilent = !(await readBack(client, checker, lines, progress));
    if (isSilent) await client.close(); // this rejects the pending writes
    await writing.catch((error: unknown) => {
      if (!isSilent) throw error;
    });
    const { outages, retransmitted: repeats } = client.stats;
    const { acked, back, twice, outOfOrder } = checker;
    const seconds = (performance.now() - startedAt) / 1000;
    return {
      ...{ version, wait, lines, acked, back, lost: lines - back, twice },
      ...{ outOfOrder: wait ? outOfOrder : 0, outages, repeats, seconds },
    };
  } catch (error) {
    stop.throwIfAborted();
    throw error;
  } finally {
    stop.removeEventListener('abort', close);
    await client.close();
  }
}

async function requireEcho(client: Client, settings: RoundSettings): Promise<void> {
  await client.ready().catch((error: unknown) => {
    const { message, cause } = error as Error;
    throw new CommandError(3, cause instanceof LinkError ? cause.message : message);
  });
  await client.write(textOf(0, settings));
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), MOST_SILENCE_MS / 3);
  try {
    await client.readline({ signal: late.signal });
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new CommandError(
      1,
      `the server on ${settings.host}, port ${settings.port}, does not send lines back: start iot qos serve there`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Reads until all lines have come back. Returns false when none has come for `MOST_SILENCE_MS`. */
async function readBack(
  client: Client,
  checker: Checker,
  lines: number,
  progress: (back: number) => void,
): Promise<boolean> {
  while (checker.back < lines) {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), MOST_SILENCE_MS);
    try {
      checker.take(await client.readline({ signal: silence.signal }));
    } catch (error) {
      if (silence.signal.aborted) return false;
      throw error;
    } finally {
      clearTimeout(timer);
    }
    progress(checker.back);
  }
  return true;
}

/** Writes all lines, with outages at regular intervals, and waits for the acks. */
async function write(
  client: Client,
  proxy: FaultProxy,
  settings: RoundSettings,
  checker: Checker,
): Promise<void> {
  const { lines, wait, outages, random } = settings;
  const plan = random.shuffled(KINDS.flatMap((kind) => Array<Outage>(outages).fill(kind)));
  const pause = lines / (plan.length + 1);
  const unacked = new Set<Promise<void>>();
  for (let n = 1; n <= lines; n++) {
    const written = client.write(textOf(n, settings), { wait }).then(() => {
      checker.acked += 1;
      unacked.delete(written);
    });
    written.catch(() => undefined); // the first rejection is reported
    unacked.add(written);
    const ordinal = Math.floor(n / pause);
    if (ordinal > Math.floor((n - 1) / pause) && ordinal <= plan.length)
      await suffer(plan[ordinal - 1]!, client, proxy);
    if (unacked.size >= IN_FLIGHT) await Promise.race(unacked);
  }
  await Promise.all(unacked);
}

/** Makes one outage, and waits until the link is up again. */
async function suffer(outage: Outage, client: Client, proxy: FaultProxy): Promise<void> {
  const down = client.once('state');
  if ('cut' in outage) proxy.cut(outage.cut);
  else proxy.stall(outage.stall);
  await down;
  proxy.heal();
  await client.ready();
}
