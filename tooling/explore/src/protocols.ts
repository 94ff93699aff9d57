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
};

function shared({ ackWhen, maxUnread }: Bound): Omit<SessionOptions, 'role'> {
  return { timeout: TIMEOUT_MS, ackWhen, maxUnreadLines: maxUnread };
}
