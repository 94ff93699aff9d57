/** The demo of a board behind a bridge, from its first line to its last, in order. All of it runs in this process. */
import { nodeClock } from '@iot/connection/node';
import { startFaultProxy } from '@iot/fault-proxy';
import { MemoryBus } from '@iot/i2c-link/testing';
import { listen, type Server } from '@iot/server';
import { App as BoardApp } from '../src/board-app.js';
import { PrintingLog } from '../src/log.js';
import { COUNT_OF } from '../src/message.js';
import { App as ServerApp } from '../src/server-app.js';
import type { DemoSettings } from '../src/settings.js';
import { BridgeUnit } from './bridge-unit.js';
import { Course } from './course.js';
import { missing } from './figures.js';
import { summariseI2c, type Crash, type I2cSummary } from './i2c-summary.js';
import { Ledger } from './ledger.js';
import type { Output } from './scenario.js';

const LOOPBACK = '127.0.0.1';
const ID = '1';
/** How many lines the board sends. The server sends for as long. */
const LINES = 30;
/** The bridge crashes once it has taken so many of the board's. */
const CRASHES = [LINES / 3, (2 * LINES) / 3];
const BUS_KHZ = 400;

/** Plays the demo; rejects when something fails or takes too long, or `stop` is aborted. */
export async function playI2c(
  settings: DemoSettings,
  stop: AbortSignal,
  output: Output,
): Promise<I2cSummary> {
  const course = new Course(stop);
  const { over } = course;
  await using server = await serve(settings, output);
  await using proxy = await startFaultProxy({ to: { host: LOOPBACK, port: server.address.port } });
  const bus = new MemoryBus({ clock: nodeClock, khz: BUS_KHZ });
  const resets = countResets(bus);
  await using unit = new BridgeUnit(bus, proxy);

  const ending = new AbortController();
  const telling = { ...settings, output, stop: AbortSignal.any([over, ending.signal]) };
  const atBoard = ledger('board', COUNT_OF.server, telling);
  const atServer = ledger('server', COUNT_OF.client, telling);
  const serverApp = new ServerApp(server, ID, { interval: settings.interval, log: atServer });
  await using boardApp = boardAppOn(bus, proxy.port, settings, atBoard);
  for (const app of [serverApp, boardApp]) {
    app.start().catch((error: unknown) => {
      course.fail(error);
    });
  }
  await course.within(
    'the first link',
    atBoard.until(({ connects }) => connects > 0, over),
  );
  output.step(`the board is up, through its bridge; each end sends a line every ${settings.interval} ms`);

  const taken = async (lines: number): Promise<void> => {
    for (let line = atBoard.linesTaken + 1; line <= lines; line++) {
      const wait = atBoard.until(({ linesTaken }) => linesTaken === line, over);
      await course.within(`line ${line} of the board's`, wait, settings.interval);
    }
  };
  const crashes: Crash[] = [];
  for (const line of CRASHES) {
    await taken(line);
    // In the turn in which the board counts the line as taken: the bridge has it, and has not passed it on yet.
    crashes.push(await crash(unit, atBoard, atServer, course, output));
  }

  await taken(LINES);
  await course.within('the last acks', Promise.all([serverApp.finish(), boardApp.finish()]));
  // Lines come in order, and what follows the last crash comes: behind the last line nothing is late.
  await course.within(
    'the last lines',
    Promise.all([lastLine(atBoard, atServer, over), lastLine(atServer, atBoard, over)]),
  );
  output.step('nobody sends any more, and the last lines have come');
  ending.abort();
  return summariseI2c(atBoard.report(), atServer.report(), crashes, resets.count);
}

async function serve({ port: wanted, timeout }: DemoSettings, output: Output): Promise<Server> {
  const open = (port: number): Promise<Server> => listen({ host: LOOPBACK, port, timeout, expected: [ID] });
  const server = await open(wanted).catch(() => open(0));
  const { port } = server.address;
  const instead = wanted === 0 || port === wanted ? '' : `port ${wanted} is taken, so `;
  output.step(`${instead}the server listens on port ${port}`);
  return server;
}

function countResets(bus: MemoryBus): { readonly count: number } {
  const resets = { count: 0 };
  bus.observe((event) => {
    if (event.type === 'edge' && event.wire === 'reset' && event.level === 0) resets.count += 1;
  });
  return resets;
}

interface Telling extends Pick<DemoSettings, 'verbose'> {
  readonly output: Output;
  /** Aborted when all ends. */
  readonly stop: AbortSignal;
}

function ledger(name: string, countAt: number, { verbose = false, output, stop }: Telling): Ledger {
  const print = (text: string): void => {
    output.line(name, text);
  };
  return new Ledger({ id: ID, countAt }, new PrintingLog({ quiet: !verbose, stop, print }));
}

function boardAppOn(
  bus: MemoryBus,
  port: number,
  { timeout, interval }: DemoSettings,
  log: Ledger,
): BoardApp {
  const { slave, syn, ack, reset } = bus.initiator;
  const hardware = { slave, syn, ack, reset: { pin: reset } };
  return new BoardApp({ id: ID, host: LOOPBACK, port, timeout, interval, hardware, log });
}

/** Crashes the bridge; resolves once the board has found out and is up again. */
async function crash(
  unit: BridgeUnit,
  atBoard: Ledger,
  atServer: Ledger,
  course: Course,
  output: Output,
): Promise<Crash> {
  const underWay = { toServer: notYet(atBoard, atServer), toBoard: notYet(atServer, atBoard) };
  const { connects } = atBoard;
  const crashedAt = performance.now();
  unit.crash();
  output.step(`the bridge crashes behind line ${atBoard.linesTaken} of the board's, and a new one starts`);
  await course.within(
    'the link after the crash',
    atBoard.until((ledger) => ledger.connects > connects, course.over),
  );
  output.step('the board has reset it, and is up again');
  return { underWay, backMs: performance.now() - crashedAt };
}

/** The counts of the lines that were sent and have not come yet. */
function notYet(sender: Ledger, receiver: Ledger): readonly number[] {
  return missing(sender.report().sent, receiver.report().received);
}

async function lastLine(sender: Ledger, receiver: Ledger, over: AbortSignal): Promise<void> {
  const last = sender.report().sent - 1;
  await receiver.until((ledger) => ledger.report().received.includes(last), over);
}
