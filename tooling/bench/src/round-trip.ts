/**
 * Round trip of one acked line over loopback, beside a raw line echo in the same run: rounds of both in turn, so that
 * a machine that slows down slows both. Prints medians and their ratio.
 */
import { connect } from '@iot/client';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as dial } from 'node:net';

const ROUNDS = 21;
const TRIPS = 1500;
const LINE = 'x'.repeat(36);

const peer = fork(new URL('./peer.ts', import.meta.url), { execArgv: process.execArgv });
const [ports] = (await once(peer, 'message')) as [{ iot: number; echo: number }];

const client = connect({ id: 'bench', host: '127.0.0.1', port: ports.iot });
await client.ready();
const socket = dial({ port: ports.echo, host: '127.0.0.1', noDelay: true }).setEncoding('utf8');
await once(socket, 'connect');

const echo: number[] = [];
const acked: number[] = [];
for (let round = -1; round < ROUNDS; round++) {
  const figures = [await timeTrips(rawTrip), await timeTrips(() => client.write(LINE))] as const;
  // The first round warms up.
  if (round < 0) continue;
  echo.push(figures[0]);
  acked.push(figures[1]);
}
const ratios = acked.map((figure, round) => figure / (echo[round] ?? NaN));
print(`raw line echo   median ${median(echo).toFixed(1)} µs`);
print(`acked write     median ${median(acked).toFixed(1)} µs`);
print(`ratio           median ${median(ratios).toFixed(2)} (of ${ROUNDS} rounds of ${TRIPS} trips each)`);

await client.close();
socket.destroy();
peer.disconnect();

/** Median time of one trip, in µs. */
async function timeTrips(trip: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TRIPS; i++) {
    const start = performance.now();
    await trip();
    times.push((performance.now() - start) * 1000);
  }
  return median(times);
}

function rawTrip(): Promise<void> {
  return new Promise((resolve) => {
    let received = 0;
    const onData = (chunk: string) => {
      received += chunk.length;
      if (received <= LINE.length) return;
      socket.off('data', onData);
      resolve();
    };
    socket.on('data', onData);
    socket.write(`${LINE}\n`);
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
