/** The texts of the command's output. */
import type { Direction, Directions } from '../direction.js';
import type { LinkEnd } from '../link.js';
import type { StepPhase } from '../run-script.js';
import type { Step } from '../script.js';
import type { FaultProxyStats } from '../stats.js';

const TOWARDS: Readonly<Record<Directions, string>> = {
  toServer: 'to the server',
  toClient: 'to the client',
  both: 'both ways',
};

export function towards(direction: Direction): string {
  return TOWARDS[direction];
}

export function stepText(step: Step, phase: StepPhase): string {
  const { at: _at, do: kind, ...settings } = step;
  if (phase === 'ends') return `${kind} ends`;
  const words = Object.entries(settings).map(([key, value]) =>
    key === 'direction' ? TOWARDS[value as Directions] : `${key} ${String(value)}`,
  );
  return [kind, ...words].join(' ');
}

export function endText(end: LinkEnd): string {
  switch (end.type) {
    case 'cut':
      return `cut (${end.kind})`;
    case 'closed':
      return 'closed by both sides';
    case 'reset':
      return `reset by the ${end.by} (${end.code})`;
    case 'refused':
      return `the server cannot be reached (${end.code})`;
    case 'proxyClosed':
      return 'the proxy was closed';
  }
}

/** The status line. Omits counters that are 0. `before`: the counters one second ago, for the rates. */
export function statsText(stats: FaultProxyStats, before?: FaultProxyStats): string {
  const { links, accepted, bytesToServer, bytesToClient, queuedBytes, bytesDropped, ...faults } = stats;
  const rate = (now: number, then?: number): string =>
    then === undefined ? bytes(now) : `${bytes(now)} (${bytes(now - then)}/s)`;
  return [
    `${links} of ${accepted} links`,
    `to server ${rate(bytesToServer, before?.bytesToServer)}`,
    `to client ${rate(bytesToClient, before?.bytesToClient)}`,
    ...(queuedBytes > 0 ? [`queued ${bytes(queuedBytes)}`] : []),
    ...Object.entries(faults)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`),
    ...(bytesDropped > 0 ? [`bytes dropped ${bytesDropped}`] : []),
  ].join(', ');
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}
