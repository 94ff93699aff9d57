/** Formats the report. A pure function from the counts to a text. */
import type { Counts } from './checker.js';

export interface Known {
  readonly uptimeMs: number;
  readonly outages: number;
  /** Counts of the messages received at this end. */
  readonly here: Counts;
  /** Messages to this end that are late or missing. */
  readonly outstanding: number;
  /** Counts of the messages received at the peer, if the peer reports them. */
  readonly there?: Partial<Counts> | undefined;
  /** Uptime of the peer in seconds, if the peer reports it. */
  readonly peerUptime?: number | undefined;
}

export function report({ uptimeMs, outages, here, outstanding, there, peerUptime }: Known): string {
  const both = (name: keyof Counts): string =>
    there === undefined ? `${here[name]}` : `${here[name]} here, ${there[name] ?? '?'} at the peer`;
  return [
    `uptime ${(uptimeMs / 3_600_000).toFixed(2)} h, outages ${outages}`,
    `duplicates ${both('duplicates')}`,
    `missing ${both('missing')}${outstanding > 0 ? ` (${outstanding} not here yet)` : ''}`,
    `out of order ${both('outOfOrder')}`,
    `reboots of the peer ${here.reboots}` +
      (peerUptime === undefined ? '' : `, its uptime ${(peerUptime / 3600).toFixed(2)} h`),
  ].join('; ');
}
