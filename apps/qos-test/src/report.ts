/** The report at intervals. Pure: what is known goes in, a text comes out. */
import type { Counts } from './checker.js';

export interface Known {
  readonly uptimeMs: number;
  readonly outages: number;
  /** What came here. */
  readonly here: Counts;
  /** Of what came here, lines that are late or missing. */
  readonly outstanding: number;
  /** What came at the peer, as far as the peer reports it. */
  readonly there?: Partial<Counts> | undefined;
  /** The peer's, in seconds, as far as the peer reports it. */
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
