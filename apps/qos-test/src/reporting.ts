/** Prints the report of one end at intervals. */
import { say } from '@iot/app-kit';
import { countsAtClient } from './message.js';
import { report } from './report.js';
import type { Traffic } from './traffic.js';

export interface ReportingOptions {
  /** Seconds between two reports. */
  readonly seconds: number;
  /** True if the peer is a client, whose messages report the counts of received messages. */
  readonly peerTells: boolean;
}

/** The position of the uptime in a client's message. */
const UPTIME = 6;

/** Disposing prints a last report and ends the interval. */
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
