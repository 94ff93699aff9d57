/** The demo of a board behind a bridge, from its first line to its last, in order. All of it runs in this process. */
import { insteadOf, listenOn, RunScope, tryAgain, type Output } from '@iot/app-kit';
import { nodeClock } from '@iot/connection/node';
import { startFaultProxy } from '@iot/fault-proxy';
import { openBoard } from '@iot/i2c-link/board';
import { MemoryBus } from '@iot/i2c-link/testing';
import { listen } from '@iot/server';
import { makeKey } from '@iot/server/keys';
import { App, serverApp } from '../src/app.js';
import { COUNT_OF } from '../src/message.js';
import type { DemoSettings } from '../src/settings.js';
import { BridgeUnit } from './bridge-unit.js';
import { missing } from './figures.js';
import { summariseI2c, type Crash, type I2cSummary } from './i2c-summary.js';
import { RecordingLog } from './recording-log.js';

const LOOPBACK = '127.0.0.1';
const ID = '1';
/** How many lines the board sends. The server sends for as long. */
const LINES = 30;
/** The bridge crashes once it has taken this many lines of the board's. */
const CRASHES = [LINES / 3, (2 * LINES) / 3];
const BUS_KHZ = 400;

/** Plays the demo; rejects when something fails or takes too long, or `stop` is aborted. */
export async function playI2c(
  { port: wanted, timeout, interval, tls = false, verbose = false }: DemoSettings,
  stop: AbortSignal,
  output: Output,
): Promise<I2cSummary> {
  const scope = new RunScope(stop);
  const ending = new AbortController();
  const log = (name: string, countAt: number): RecordingLog =>
    new RecordingLog({
      ...{ id: ID, countAt, quiet: !verbose, stop: AbortSignal.any([scope.over, ending.signal]) },
      print: (text) => output.line(name, text),
      changed: () => scope.changed(),
    });
  const [atBoard, atServer] = [log('board', COUNT_OF.server), log('server', COUNT_OF.client)];

  const key = tls ? makeKey() : undefined;
  const open = (port: number) =>
    listen({
      ...(key === undefined ? { port } : { port: false, tls: { port, psk: () => key } }),
      ...{ host: LOOPBACK, timeout, expected: [ID] },
    });
  await using server = await listenOn(wanted, true, open);
  const { port } = server.address;
  output.step(`${insteadOf(wanted, port)}the server listens on port ${port}${tls ? ' with TLS' : ''}`);
  await using proxy = await startFaultProxy({ to: { host: LOOPBACK, port } });
  const bus = new MemoryBus({ clock: nodeClock, khz: BUS_KHZ });
  const resets = countResets(bus);
  await using unit = new BridgeUnit(bus, proxy, key && { psk: { key } });
  const { slave, syn, ack, reset } = bus.initiator;
  await using board = openBoard({
    ...{ id: ID, host: LOOPBACK, port: proxy.port, timeout, badServer: tryAgain(atBoard) },
    ...{ slave, syn, ack, reset: { pin: reset } },
  });
  const apps = [
    serverApp(server, { id: ID, interval, log: atServer }),
    new App(board, { interval, log: atBoard, list: (count) => [42, count, 99] }),
  ];
  for (const app of apps) {
    app.start().catch((error: unknown) => {
      scope.fail(error);
    });
  }
  await scope.until('the first link', () => atBoard.connects > 0);
  output.step(`the board is up, through its bridge; each end sends a line every ${interval} ms`);

  const taken = async (lines: number): Promise<void> => {
    for (let line = atBoard.linesTaken + 1; line <= lines; line++) {
      await scope.until(`line ${line} of the board's`, () => atBoard.linesTaken === line, interval);
    }
  };
  const crashes: Crash[] = [];
  for (const line of CRASHES) {
    await taken(line);
    // In the turn in which the board counts the line as taken: the bridge has it, and has not passed it on yet.
    const underWay = { toServer: notYet(atBoard, atServer), toBoard: notYet(atServer, atBoard) };
    const { connects } = atBoard;
    const crashedAt = performance.now();
    unit.crash();
    output.step(`the bridge crashes after line ${line} of the board's, and a new one starts`);
    await scope.until('the link after the crash', () => atBoard.connects > connects);
    output.step('the board has reset it, and is up again');
    crashes.push({ underWay, backMs: performance.now() - crashedAt });
  }

  await taken(LINES);
  await scope.within('the last acks', Promise.all(apps.map((app) => app.finish())));
  // Lines come in order, and what follows the last crash comes: after the last line nothing is late.
  await scope.until('the last lines', () => hasLast(atBoard, atServer) && hasLast(atServer, atBoard));
  output.step('all have stopped sending, and the last lines have come');
  ending.abort();
  return summariseI2c(atBoard.report(), atServer.report(), crashes, resets.count);
}

function countResets(bus: MemoryBus): { readonly count: number } {
  const resets = { count: 0 };
  bus.observe((event) => {
    if (event.type === 'edge' && event.wire === 'reset' && event.level === 0) resets.count += 1;
  });
  return resets;
}

/** The counts of the lines that were sent and have not come yet. */
function notYet(sender: RecordingLog, receiver: RecordingLog): readonly number[] {
  return missing(sender.report().sent, receiver.report().received);
}

function hasLast(sender: RecordingLog, receiver: RecordingLog): boolean {
  return receiver.report().received.includes(sender.report().sent - 1);
}
