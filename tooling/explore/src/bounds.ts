import { SMALLEST, type Bound } from './bound.js';

export interface NamedBound {
  readonly name: string;
  readonly bound: Bound;
}

/**
 * Bounds for stored ends, with deaths at every point between an append, its completion, an ack and a send.
 */
const STORED: readonly NamedBound[] = [
  ...(['both', 'client', 'server'] as const).map((stored) =>
    named(`1 line each way, 2 links, stored: ${stored}, 1 death`, {
      linesUp: 1,
      linesDown: 1,
      links: 2,
      restarts: 1,
      restartsOf: stored === 'both' ? 'either' : stored,
      stored,
      silent: false,
      quiet: 0,
    }),
  ),
  named('1 line up, 3 links, 1 cut, stored: both, 2 deaths', {
    linesUp: 1,
    links: 3,
    cuts: 1,
    restarts: 2,
    stored: 'both',
    silent: false,
    quiet: 0,
  }),
  named('2 lines up, acked when read, 2 links, stored: both, 1 death', {
    linesUp: 2,
    links: 2,
    restarts: 1,
    stored: 'both',
    ackWhen: 'read',
    silent: false,
    quiet: 0,
  }),
];

/**
 * The bounds that every run of the tests explores, by version of the protocol. With `quiet` of 1 or more, the
 * exploration includes states in which an end has detected a dead link by silence. With less, these
 * states occur only in a healing: the run without further faults that follows each new state, to check that all
 * writes resolve (`search.ts`).
 */
export const CI_BOUNDS: Readonly<Record<string, readonly NamedBound[]>> = {
  '1': [
    named('1 line up, 2 links, 1 cut', { linesUp: 1, links: 2, cuts: 1, quiet: 2.25 }),
    named('1 line down, 2 links, 1 cut', { linesDown: 1, links: 2, cuts: 1, quiet: 1.25 }),
    named('1 line up, acked when read', { linesUp: 1, links: 2, cuts: 1, quiet: 0.25, ackWhen: 'read' }),
    named('1 line up, late chunks', { linesUp: 1, links: 1, quiet: 0.5, delay: 0.25, flight: 3 }),
    named('1 line each way, 2 links, 1 cut, 1 restart', {
      linesUp: 1,
      linesDown: 1,
      links: 2,
      cuts: 1,
      restarts: 1,
      quiet: 0,
    }),
    // Lines of a restarted sender with the same text may be dropped as duplicates (PROTOCOL.md, What cannot
    // be had).
    named('2 lines up with the same text, 2 links, 1 restart of the client', {
      linesUp: 2,
      links: 2,
      restarts: 1,
      restartsOf: 'client',
      sameText: true,
      mayLose: 1,
      quiet: 0.25,
    }),
    named('3 lines up without wait, read later, with space for 1', {
      linesUp: 3,
      quiet: 0.25,
      ackWhen: 'read',
      maxUnread: 1,
      wait: false,
    }),
    named('2 lines up, 2 links, 1 cut, 1 given up, 1 restart', {
      linesUp: 2,
      links: 2,
      cuts: 1,
      giveUps: 1,
      restarts: 1,
      quiet: 0,
    }),
    ...STORED,
    named('3 lines up without wait, 2 links, 1 cut', {
      linesUp: 3,
      links: 2,
      cuts: 1,
      wait: false,
      split: true,
      quiet: 0,
    }),
  ],
  '2': [
    named('1 line each way, 2 links, 1 cut, 1 restart', {
      linesUp: 1,
      linesDown: 1,
      links: 2,
      cuts: 1,
      restarts: 1,
      quiet: 0,
    }),
    ...STORED,
    named('2 lines up, 2 links, 1 cut, 1 given up, 1 restart', {
      linesUp: 2,
      links: 2,
      cuts: 1,
      giveUps: 1,
      restarts: 1,
      quiet: 0,
    }),
    named('1 line each way, 4 links, 3 of them late', {
      linesUp: 1,
      linesDown: 1,
      links: 4,
      late: 3,
      quiet: 0,
    }),
    named('1 line each way, 4 links, 3 of them late, 1 cut', {
      linesUp: 1,
      linesDown: 1,
      links: 4,
      late: 3,
      cuts: 1,
      silent: false,
      quiet: 0,
    }),
    // Messages are sent in version 1 on a link in between. Then the client offers version 2 again.
    named('1 line each way, 4 links, 1 of them late, 2 cuts, offers often', {
      linesUp: 1,
      linesDown: 1,
      links: 4,
      late: 1,
      cuts: 2,
      silent: false,
      quiet: 0,
      linksBetweenOffers: 2,
    }),
    named('1 line up, 3 links, 2 restarts of the server, which speaks version 1 in between', {
      linesUp: 1,
      links: 3,
      cuts: 1,
      restarts: 2,
      restartsOf: 'server',
      oldServers: true,
      silent: false,
      quiet: 0.25,
    }),
    named('2 lines up, 3 links, 1 cut, another process in between', {
      linesUp: 2,
      links: 3,
      cuts: 1,
      visits: 1,
      silent: false,
      quiet: 0,
    }),
    named('1 line up, read later, with space for 1, 3 links, 1 cut, another process in between', {
      linesUp: 1,
      links: 3,
      cuts: 1,
      visits: 1,
      ackWhen: 'read',
      maxUnread: 1,
      silent: false,
      quiet: 0,
    }),
    named('2 lines up, 3 links, 1 given up, the client is put back', {
      linesUp: 2,
      links: 3,
      cuts: 1,
      giveUps: 1,
      restores: 1,
      silent: false,
      quiet: 0.25,
    }),
    named('2 lines up, read later, 2 links, 1 cut, 1 restart', {
      linesUp: 2,
      links: 2,
      cuts: 1,
      restarts: 1,
      ackWhen: 'read',
      quiet: 0,
    }),
    named('2 lines up, acked before they are read, with space for 1', {
      linesUp: 2,
      readLater: true,
      maxUnread: 1,
      mayLose: 2,
      quiet: 0,
    }),
    named('3 lines up, the first without qos, read later, with space for 3', {
      linesUp: 3,
      unsafe: 1,
      ackWhen: 'read',
      maxUnread: 3,
      quiet: 0,
    }),
    named('2 lines up, 2 links, 1 write vanishes after the hello', {
      linesUp: 2,
      links: 2,
      vanish: 1,
      silent: false,
      quiet: 0,
    }),
    named('1 line down, 2 links, 1 write vanishes after the hello', {
      linesDown: 1,
      links: 2,
      vanish: 1,
      silent: false,
      quiet: 0,
    }),
    named('3 lines up, 4 links, 2 cuts, the client is put back', {
      linesUp: 3,
      links: 4,
      cuts: 2,
      restores: 1,
      silent: false,
      quiet: 0,
    }),
  ],
};

function named(name: string, bound: Partial<Bound>): NamedBound {
  return { name, bound: { ...SMALLEST, ...bound } };
}
