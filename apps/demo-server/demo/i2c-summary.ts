/** What the reports of the board and of the server come to. Pure: reports go in, the verdict and its text come out. */
import { median, ms, row, sum, verdict } from '@iot/app-kit';
import colors from 'picocolors';
import { flow, missing, type Flow } from './figures.js';
import type { EndReport } from './recording-log.js';

/** A crash of the bridge. */
export interface Crash {
  /** The counts of the lines that had been sent each way when it crashed, and had not come. */
  readonly underWay: { readonly toServer: readonly number[]; readonly toBoard: readonly number[] };
  /** From the crash until the board was up again. */
  readonly backMs: number;
}

/** The lines in one direction; those that died with a bridge are not lost. */
export interface I2cFlow extends Flow {
  /** Died with a bridge: of the lines that were under way when it crashed, one may. */
  readonly died: number;
  /** Came after a line that was sent later. */
  readonly reordered: number;
}

export interface I2cSummary {
  readonly toServer: I2cFlow;
  readonly toBoard: I2cFlow;
  readonly outages: { readonly board: number; readonly server: number };
  readonly crashes: number;
  /** Pulses on the reset wire, of which the first is the board's start. */
  readonly resets: number;
  readonly backMs: { readonly median: number; readonly max: number };
  /** The promise was kept, and it was put to the test. */
  readonly ok: boolean;
}

export function summariseI2c(
  board: EndReport,
  server: EndReport,
  crashes: readonly Crash[],
  resets: number,
): I2cSummary {
  const underWay = (way: keyof Crash['underWay']) => crashes.map(({ underWay }) => underWay[way]);
  const toServer = i2cFlow(board, server, underWay('toServer'));
  const toBoard = i2cFlow(server, board, underWay('toBoard'));
  const back = crashes.map(({ backMs }) => backMs);
  return {
    toServer,
    toBoard,
    outages: { board: board.outages, server: server.outages },
    crashes: crashes.length,
    resets,
    backMs: { median: median(back), max: Math.max(...back) },
    ok:
      [toServer, toBoard].every((flow) => flow.sent > 0 && BAD.every((name) => flow[name] === 0)) &&
      crashes.length > 0 &&
      resets > crashes.length &&
      [board, server].every(({ outages }) => outages >= crashes.length),
  };
}

function i2cFlow(from: EndReport, to: EndReport, underWay: readonly (readonly number[])[]): I2cFlow {
  const never = missing(from.sent, to.received);
  const died = new Set<number>();
  for (const lines of underWay) {
    const one = lines.find((count) => never.includes(count) && !died.has(count));
    if (one !== undefined) died.add(one);
  }
  const lost = never.length - died.size;
  return { ...flow(from, to), died: died.size, lost, reordered: reordered(to.received) };
}

/** A line that comes twice is no matter of order. */
function reordered(received: readonly number[]): number {
  const first = [...new Set(received)];
  return first.filter((count, i) => i > 0 && count < Math.max(...first.slice(0, i))).length;
}

const BAD = ['lost', 'duplicated', 'reordered'] as const;
const COLUMNS = ['sent', 'received', ...BAD, 'died'] as const;

/** The summary for a person. */
export function renderI2c(summary: I2cSummary): string {
  const { toServer, toBoard, outages, crashes, resets, backMs, ok } = summary;
  const total = (name: (typeof COLUMNS)[number]): number => sum([toServer[name], toBoard[name]]);
  return [
    colors.bold(row(['', ...COLUMNS, 'outages'])),
    row(['board to server', ...COLUMNS.map((name) => toServer[name]), outages.board]),
    row(['server to board', ...COLUMNS.map((name) => toBoard[name]), outages.server]),
    '',
    [
      `${total('sent')} sent, ${total('received')} received`,
      ...BAD.map((name) => verdict(`${total(name)} ${name}`, total(name) === 0)),
    ].join(', '),
    `${crashes} crashes of the bridge, with which ${toServer.died} lines to the server and ` +
      `${toBoard.died} to the board died: one each way and crash is what it may cost`,
    `outages: ${outages.board} seen by the board, ${outages.server} by the server; ` +
      `back after ${ms(backMs.median)} (median), ${ms(backMs.max)} (max)`,
    `the board reset its bridge ${resets} times, once at its start`,
    verdict(ok ? 'passed' : 'FAILED', ok),
  ].join('\n');
}
