/**
 * Measures acked lines over a slow but working uplink, compared with the same bytes over plain TCP through
 * the same proxy at the same time. Prints the rates, their ratio, and the numbers of retransmissions and
 * outages.
 */
import { connect } from '@iot/client';
import { startFaultProxy, type FaultProxy } from '@iot/fault-proxy';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as dial } from 'node:net';

/** 160 kbit/s. */
const BYTES_PER_SECOND = 20_000;

interface Load {
  readonly name: string;
  readonly lines: number;
  readonly bytes: number;
  readonly wait: boolean;
}

const LOADS: readonly Load[] = [
  { name: '60 kB, one after the other', lines: 6, bytes: 60_000, wait: true },
  { name: '60 kB, 16 in flight', lines: 8, bytes: 60_000, wait: false },
  { name: '2 kB, 16 in flight', lines: 160, bytes: 2000, wait: false },
];

const peer = fork(new URL('./peer.ts', import.meta.url), { execArgv: process.execArgv });
const [ports] = (await once(peer, 'message')) as [{ iot: number; echo: number }];
await using toServer = await startFaultProxy({ to: { host: '127.0.0.1', port: ports.iot } });
await using toEcho = await startFaultProxy({ to: { host: '127.0.0.1', port: ports.echo } });
for (const proxy of [toServer, toEcho]) proxy.limit({ bytesPerSecond: BYTES_PER_SECOND }, 'toServer');

for (const load of LOADS) {
  const [link, plain] = await Promise.all([rateOfLink(load), rateOfTcp(load, toEcho)]);
  const share = Math.round((100 * link.rate) / plain);
  print(`${load.name.padEnd(28)} ${kB(link.rate)} of plain TCP's ${kB(plain)}: ${share} %`);
  print(`${' '.repeat(28)} ${link.sent} lines sent, ${link.retransmitted} repeats, ${link.outages} outages`);
}
peer.disconnect();

/** Bytes of acked lines per second, with the numbers of retransmissions and outages. */
async function rateOfLink({ lines, bytes, wait, name }: Load) {
  await using client = connect({ id: name, host: '127.0.0.1', port: toServer.port });
  await client.ready();
  const start = performance.now();
  const line = 'x'.repeat(bytes - 3);
  await Promise.all(Array.from({ length: lines }, () => client.write(line, { wait })));
  const { sent, retransmitted, outages } = client.stats;
  return { rate: perSecond(lines * bytes, start), sent, retransmitted, outages };
}

/** Sends the same bytes as fast as TCP accepts them, until the last one has come back. */
async function rateOfTcp({ lines, bytes }: Load, proxy: FaultProxy): Promise<number> {
  const socket = dial({ port: proxy.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const start = performance.now();
  const line = `${'x'.repeat(bytes - 1)}\n`;
  for (let i = 0; i < lines; i++) socket.write(line);
  let left = lines * bytes;
  for await (const chunk of socket as AsyncIterable<Buffer>) if ((left -= chunk.length) <= 0) break;
  return perSecond(lines * bytes, start);
}

function perSecond(bytes: number, start: number): number {
  return (bytes * 1000) / (performance.now() - start);
}

function kB(rate: number): string {
  return `${(rate / 1000).toFixed(1)} kB/s`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
