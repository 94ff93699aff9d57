/** `client`: the qos test's client, in place of a board, until Ctrl-C. */
import { run, stopped } from '@iot/app-kit';
import { freemem } from 'node:os';
import { connect } from '@iot/client';
import { say } from './log.js';
import type { Data } from './message.js';
import { inCampaign, parent } from './news.js';
import { reporting } from './reporting.js';
import { clientSettings } from './settings.js';
import { role } from './taking-part.js';
import { Traffic } from './traffic.js';

/** Asking the system for its free memory takes longer than sending a line. */
const MEMORY_MS = 1000;

await run(async (stop) => {
  const {
    id,
    host,
    port,
    timeout,
    mode,
    interval,
    report,
    quiet = false,
  } = clientSettings(process.argv.slice(2));
  const { log, pace, life, begin } = role({ mode, interval, quiet, stop });
  const startedAt = performance.now();
  const freeMemory = sampled(freemem, MEMORY_MS);

  if (!inCampaign) say(`client ${id} of the server at ${host}:${port}, ${mode}; Ctrl-C ends`);
  await using client = connect({
    ...{ id, host, port, timeout },
    // Returning means: try again. So the server may be started after its client.
    badServer: (error) => {
      log.trouble(`${error.message} Trying again until it answers.`);
    },
  });
  await Promise.race([stopped(stop), client.ready()]);
  if (stop.aborted) return;

  const message = (id: number): Data => {
    const { duplicates, missing, outOfOrder } = traffic.checker.counts;
    const uptime = Math.floor((performance.now() - startedAt) / 1000);
    return [id, client.connects, freeMemory(), duplicates, missing, outOfOrder, uptime, ...life];
  };
  const traffic = new Traffic(client, { mode, pace, from: 'server', message, log });
  begin(traffic);
  const stopReporting = inCampaign ? undefined : reporting(traffic, { seconds: report, peerTells: false });
  try {
    await Promise.race([stopped(stop), traffic.run()]);
  } finally {
    stopReporting?.();
  }
}, parent);

/** Calls `ask` at most every `ms`. */
function sampled(ask: () => number, ms: number): () => number {
  let value = ask();
  let askedAt = performance.now();
  return () => {
    if (performance.now() - askedAt >= ms) {
      value = ask();
      askedAt = performance.now();
    }
    return value;
  };
}
