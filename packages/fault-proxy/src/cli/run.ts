/**
 * Runs a proxy as a program. Prints a line for each event, and on a terminal a status line with the counters
 * below.
 */
import { stopped } from '@iot/app-kit/run';
import { Screen } from '@iot/app-kit/screen';
import type { Endpoint, FaultProxy } from '../proxy.js';
import { runScript } from '../run-script.js';
import type { Script } from '../script.js';
import { seededScript } from '../seeded-script.js';
import { startFaultProxy } from '../start.js';
import { Brake } from './brake.js';
import type { ProxySettings } from './options.js';
import { roundScript } from './rounds.js';
import { bytes, endText, statsText, stepText, towards } from './words.js';

const HOUR_MS = 3_600_000;

type Say = (text: string) => void;

/**
 * Runs a proxy until `stop` is aborted, and prints its events to standard output. Resolves once every socket
 * is closed. Rejects with an error of one line when it cannot listen.
 */
export async function runProxy(settings: ProxySettings, stop: AbortSignal): Promise<void> {
  await using proxy = await start(settings);
  const screen = new Screen(process.stdout);
  const startedAt = performance.now();
  const say: Say = (text) => {
    screen.line(`${((performance.now() - startedAt) / 1000).toFixed(3).padStart(9)}  ${text}`);
  };
  say(`listening on ${shown(proxy)}, the server is ${shown(settings.to)}; Ctrl-C ends`);
  const brake = new Brake(say);
  tellEvents(proxy, (text) => brake.say(text));
  let before = proxy.stats;
  const ticker = setInterval(() => {
    const { stats } = proxy;
    brake.release();
    screen.status(statsText(stats, before));
    before = stats;
  }, 1000);
  try {
    await Promise.all([stopped(stop), playFaults(proxy, settings, stop, say)]);
  } finally {
    clearInterval(ticker);
    screen.end();
  }
  await proxy.close();
  brake.release();
  say(statsText(proxy.stats));
}

async function start({ listen, to, seed }: ProxySettings): Promise<FaultProxy> {
  try {
    return await startFaultProxy({ listen, to, ...(seed === undefined ? {} : { seed }) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'the port is in use' : (code ?? message);
    throw new Error(`cannot listen on ${shown(listen)}: ${why}`, { cause: error });
  }
}

function tellEvents(proxy: FaultProxy, say: Say): void {
  proxy.on('link', ({ id, clientPort }) => {
    say(`link ${id} is up, from port ${clientPort ?? 'unknown'}`);
  });
  proxy.on('linkEnd', ({ link, end: why }) => {
    const counts = `${bytes(link.bytesToServer)} to the server, ${bytes(link.bytesToClient)} to the client`;
    say(`link ${link.id} ended: ${endText(why)}; ${counts}`);
  });
  proxy.on('drop', ({ link, direction, chunk }) => {
    say(`link ${link.id}: dropped ${bytes(chunk.length)} ${towards(direction)}`);
  });
  proxy.on('refusal', ({ clientPort }) => {
    say(`refused a connection from port ${clientPort ?? 'unknown'}`);
  });
}

async function playFaults(
  proxy: FaultProxy,
  { seed, script, every, for: lasts, kind }: ProxySettings,
  signal: AbortSignal,
  say: Say,
): Promise<void> {
  const play = (steps: Script) =>
    runScript(proxy, steps, { signal, onStep: (step, phase) => say(stepText(step, phase)) });
  try {
    if (every !== undefined && lasts !== undefined && kind !== undefined) {
      const round = roundScript({ every, for: lasts, kind });
      for (;;) await play(round);
    }
    const steps = script ?? (seed === undefined ? undefined : seededScript(seed, { durationMs: HOUR_MS }));
    if (steps === undefined) return;
    await play(steps);
    say('the last step is done; the proxy continues');
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function shown({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
