/** Formats the figures of the model as the tables in the README of @iot/i2c-link. */
import {
  exchangeMs,
  lineLatency,
  linesPerSecond,
  MOST_BYTES,
  throughput,
  type Channel,
  type Direction,
} from './exchange.js';

const CHANNELS: readonly Channel[] = [
  { khz: 100, exchangeIntervalMs: 100 },
  { khz: 100, exchangeIntervalMs: 10 },
  { khz: 400, exchangeIntervalMs: 100 },
  { khz: 400, exchangeIntervalMs: 10 },
];

const LINES: readonly number[] = [20, 100, 200];

/** The table of throughput: a row for each bus speed and interval. */
export function throughputTable(): string {
  const rows = CHANNELS.map((channel) => [
    ...name(channel),
    ms(exchangeMs(0, 0, channel.khz)),
    ms(exchangeMs(MOST_BYTES, 0, channel.khz)),
    `${Math.round(throughput(channel, false))} B/s`,
    `${Math.round(throughput(channel, true))} B/s`,
    ...LINES.map((bytes) => linesPerSecond(bytes, channel).toFixed(1)),
  ]);
  const lines = LINES.map((bytes) => `lines/s of ${bytes} B`);
  const head = ['bus', 'interval', 'empty exchange', 'with 200 B', 'one way', 'both ways, each'];
  return table([[...head, ...lines], ...rows]);
}

/** The table of latency: a row for each bus speed, interval and direction. */
export function latencyTable(): string {
  const ways: readonly Direction[] = ['to server', 'to board'];
  const rows = CHANNELS.flatMap((channel) =>
    ways.map((way) => [
      ...name(channel),
      way,
      ...LINES.map((bytes) => {
        const { best, mean, worst } = lineLatency(bytes, way, channel);
        return [best, mean, worst].map((value) => value.toFixed(1)).join(' / ');
      }),
    ]),
  );
  return table([['bus', 'interval', 'way', ...LINES.map((bytes) => `${bytes} B, ms`)], ...rows]);
}

function name({ khz, exchangeIntervalMs }: Channel): string[] {
  return [`${khz} kHz`, `${exchangeIntervalMs} ms`];
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

/** A Markdown table, formatted as prettier does. */
function table(rows: readonly (readonly string[])[]): string {
  const [head, ...body] = rows;
  const widths = head!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head!), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
