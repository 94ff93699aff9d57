/** Rows that measure lines, most of them of one client. */
import { CONTESTANTS } from '../contestants/contestants.js';
import type { Mode } from '../contestants/contestant.js';
import type { Scale } from '../scale.js';
import type { Run } from './line-pairs.js';
import type { Figures, Metric, Row } from './row.js';

/** Default length of the text of a line. */
const BYTES = 40;

const RATE: Metric = { key: 'rate', title: 'lines', unit: '/s' };
const LATENCY: readonly Metric[] = [
  { key: 'p50', title: 'p50', unit: 'µs' },
  { key: 'p99', title: 'p99', unit: 'µs' },
  { key: 'p999', title: 'p99.9', unit: 'µs' },
];
const CPU: Metric = { key: 'cpu', title: 'CPU a line', unit: 'µs' };
const LOST: Metric = { key: 'lost', title: 'lost', unit: '%' };

export function lineRows(scale: Scale): Row[] {
  const rows = scale.inFlight.map((inFlight) =>
    lineRow(scale, { name: `acked-${inFlight}`, title: 'acked round trip', mode: 'acked', inFlight }),
  );
  if (scale.everything) {
    const both = 'lines both ways at once, each answered by one';
    rows.push(
      lineRow(scale, { name: 'both-ways-16', title: both, mode: 'answered', inFlight: 16 }),
      lineRow(scale, { name: 'both-ways-100', title: both, mode: 'answered', inFlight: 100 }),
      lineRow(scale, { name: 'unsafe', title: 'lines without acks', mode: 'unsafe', inFlight: 100 }),
      lineRow(scale, { name: '1-kb', title: 'lines of 1 KB', mode: 'acked', inFlight: 16, bytes: 2 ** 10 }),
      lineRow(scale, { name: '16-kb', title: 'lines of 16 KB', mode: 'acked', inFlight: 16, bytes: 2 ** 14 }),
    );
  }
  for (const clients of scale.storing) {
    const stored = { name: `stored-${clients}`, title: 'lines that are on the disk when they are acked' };
    rows.push(lineRow(scale, { ...stored, mode: 'stored', inFlight: 1, clients }));
  }
  for (const clients of scale.bridging) {
    const title = 'lines through to a subscriber of an MQTT broker elsewhere';
    rows.push(lineRow(scale, { name: `bridged-${clients}`, title, mode: 'bridged', inFlight: 4, clients }));
  }
  const relay = 'a line from client to client through the server';
  rows.push(lineRow(scale, { name: 'relay', title: relay, mode: 'relayed', inFlight: 1 }));
  return rows;
}

interface LineRow {
  readonly name: string;
  readonly title: string;
  readonly mode: Mode;
  readonly inFlight: number;
  readonly clients?: number;
  readonly bytes?: number;
}

function lineRow(scale: Scale, { name, title, mode, inFlight, clients = 1, bytes = BYTES }: LineRow): Row {
  const { durationMs, warmUpMs, rounds, boundToCores } = scale;
  return {
    name,
    title:
      clients === 1
        ? `${title}, ${inFlight} in flight`
        : `${title}, ${clients} clients, ${inFlight} in flight of each`,
    contestants: scale.contestants.filter((contestant) => CONTESTANTS[contestant].modes.includes(mode)),
    metrics: mode === 'unsafe' ? [RATE, LOST, CPU] : [RATE, ...LATENCY, CPU],
    rounds,
    usesPairs: true,
    seconds: (durationMs + warmUpMs / rounds) / 1000,
    async measure(contestant, bench) {
      const pair = await bench.pairs.get(contestant, bench, boundToCores);
      return figuresOf(await pair.run({ mode, clients, inFlight, bytes, durationMs }, warmUpMs));
    },
  };
}

function figuresOf({ sent, arrived, seconds, cpuUs, p50Us, p99Us, p999Us }: Run): Figures {
  return {
    rate: arrived / seconds,
    p50: p50Us,
    p99: p99Us,
    p999: p999Us,
    cpu: cpuUs / arrived,
    lost: (100 * (sent - arrived)) / sent,
  };
}
