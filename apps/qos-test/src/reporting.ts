/** Prints the report of one end now and then. */
import { say } from '@iot/app-kit';
import { countsAtClient } from './message.js';
import { report } from './report.js';
import type { Traffic } from './traffic.js';

export interface ReportingOptions {
  /** Seconds between two reports. */
  readonly seconds: number;
  /** The peer is a client, which reports what it has received. */
  readonly peerTells: boolean;
}

/** The position of the uptime in a client's message. */
const UPTIME = 6;

/** Disposing prints the last one and stops. */
export function reporting(traffic: Traffic, { seconds, peerTells }: ReportingOptions): Disposable {
  const startedAt = performance.now();
  const print = (): void => {
    const { link, checker, last } = traffic;
    say(
      report({
        uptimeMs: performance.now() - startedAt,
        outages: link.stats.outages,
        here: checker.counts,
        outstanding: checker.outstanding,
        ...(peerTells && last && { there: countsAtClient(last), peerUptime: last.data[UPTIME] }),
      }),
    );
  };
  const timer = setInterval(print, seconds * 1000);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      print();
    },
  };
}
