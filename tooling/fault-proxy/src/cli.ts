/** The command line: a proxy until Ctrl-C, with live statistics. Exit codes: 0, 1 for an error, 2 for a bad option. */
import { run, Screen, stopped } from '@iot/app-kit';
import { PROXY, type CliOptions } from './cli/options.js';
import { bytes, endText, statsText, stepText, towards } from './cli/words.js';
import type { Endpoint, FaultProxy } from './proxy.js';
import { runScript } from './run-script.js';
import { seededScript } from './seeded-script.js';
import { startFaultProxy } from './start.js';

const HOUR_MS = 3_600_000;

type Say = (text: string) => void;

await run(PROXY, async (options, stop) => {
  await using proxy = await start(options);
  const screen = new Screen(process.stdout);
  const startedAt = performance.now();
  const say: Say = (text) => {
    screen.line(`${((performance.now() - startedAt) / 1000).toFixed(3).padStart(9)}  ${text}`);
  };
  say(`listening on ${shown(proxy)}, the server is ${shown(options.to)}; Ctrl-C ends`);
  tellEvents(proxy, say);
  const ticker = showStats(proxy, screen);
  try {
    await Promise.all([stopped(stop), playFaults(proxy, options, stop, say)]);
  } finally {
    clearInterval(ticker);
    screen.end();
  }
  await proxy.close();
  say(statsText(proxy.stats));
});

async function start({ listen, to, seed }: CliOptions): Promise<FaultProxy> {
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
    say(`link ${id} stands, from port ${clientPort ?? 'unknown'}`);
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

function showStats(proxy: FaultProxy, screen: Screen): NodeJS.Timeout {
  let before = proxy.stats;
  return setInterval(() => {
    const { stats } = proxy;
    screen.status(statsText(stats, before));
    before = stats;
  }, 1000);
}

async function playFaults(
  proxy: FaultProxy,
  { seed, script }: CliOptions,
  signal: AbortSignal,
  say: Say,
): Promise<void> {
  const steps = script ?? (seed === undefined ? undefined : seededScript(seed, { durationMs: HOUR_MS }));
  if (steps === undefined) return;
  try {
    await runScript(proxy, steps, { signal, onStep: (step, phase) => say(stepText(step, phase)) });
    say('the last step is done; the proxy goes on');
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function shown({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
