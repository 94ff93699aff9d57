import type { SessionOptions } from '@iot/qos';
import type { Bound } from './bound.js';

/** The `timeout` of both ends; ms. */
export const TIMEOUT_MS = 1000;

/** How the sessions of the two ends are made: all that differs between the versions of the protocol. */
export interface Protocol {
  /** Options of the n-th process of this end, counted from 0. */
  readonly client: (bound: Bound, process: number) => SessionOptions;
  readonly server: (bound: Bound, process: number) => SessionOptions;
  /** What an end sends although nothing has happened. */
  readonly keepalive: RegExp;
}

export const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  '1': {
    client: (bound) => ({ ...shared(bound), role: 'client', id: 'c' }),
    server: (bound) => ({ ...shared(bound), role: 'server' }),
    keepalive: /^\n$/,
  },
  '2': {
    client: (bound, process) => ({ ...shared(bound), role: 'client', id: 'c', ...epoch('c', process) }),
    server: (bound, process) => ({ ...shared(bound), role: 'server', ...epoch('5', process) }),
    // In place of a keepalive an end says how it stands.
    keepalive: /^(\n|\+[^\n]*\n)$/,
  },
};

/** One for each process: a second one is drawn only by an end that finds its own in use, which these worlds do not have. */
function epoch(end: string, process: number): Pick<SessionOptions, 'drawEpoch'> {
  return { drawEpoch: () => `${end}${process}` };
}

function shared({ ackWhen, maxUnread }: Bound): Omit<SessionOptions, 'role'> {
  return { timeout: TIMEOUT_MS, ackWhen, maxUnreadLines: maxUnread };
}
