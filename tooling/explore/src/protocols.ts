import type { SessionOptions } from '@iot/qos';
import type { Side } from './actions.js';
import type { Bound } from './bound.js';

/** The `timeout` of both ends; ms. */
export const TIMEOUT_MS = 1000;

/**
 * Everything that differs between the versions of the protocol: the options of the two sessions, and patterns
 * of their bytes.
 */
export interface Protocol {
  /** Options of the n-th process of this end, counted from 0. */
  readonly client: (bound: Bound, process: number) => SessionOptions;
  readonly server: (bound: Bound, process: number) => SessionOptions;
  /** The bytes that an end sends without any event. */
  readonly keepalive: RegExp;
  /** The bytes to each end that decide the version of a link. */
  readonly decides?: Readonly<Record<Side, RegExp>>;
  /** True: without faults, no line that has arrived is sent again, and no write waits for time to pass. */
  readonly exact: boolean;
}

export const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  '1': {
    client: (bound) => ({ ...shared(bound), role: 'client', id: 'c' }),
    server: (bound) => ({ ...shared(bound), role: 'server' }),
    keepalive: /^\n$/,
    exact: false,
  },
  '2': {
    client: (bound, process) => ({ ...shared(bound), role: 'client', id: 'c', ...epoch('c', process) }),
    server: (bound, process) => ({
      ...shared(bound),
      role: 'server',
      ...epoch('5', process),
      protocol: bound.oldServers && process % 2 === 1 ? 1 : 2,
    }),
    // Instead of a keepalive, an end sends its counts.
    keepalive: /^(\n|\+[^\n]*\n)$/,
    // The offer of the client, and the opening line of the server.
    decides: { server: /^-2\n/, client: /^-2 / },
    exact: true,
  },
};

/** An epoch for each process, and another epoch for a process that finds its own epoch in use. */
function epoch(end: string, process: number): Pick<SessionOptions, 'drawEpoch'> {
  let drawn = `${end}${process}`;
  return {
    drawEpoch: () => {
      const epoch = drawn;
      drawn = `${end}${process}f`;
      return epoch;
    },
  };
}

function shared({ ackWhen, maxUnread }: Bound): Omit<SessionOptions, 'role'> {
  return { timeout: TIMEOUT_MS, ackWhen, maxUnreadLines: maxUnread };
}
