import { SMALLEST, type Bound } from './bound.js';

export interface NamedBound {
  readonly name: string;
  readonly bound: Bound;
}

/**
 * What every run of the tests explores, by version of the protocol. With `quiet` of 1 or more an end finds out by silence
 * that a link is dead, and the exploration goes on from there; with less, only the healing does.
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
    // A sender that restarts and says the same may be taken for one that repeats (PROTOCOL.md, What cannot be had).
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
    named('2 lines up, 2 links, 1 cut, 1 given up, 1 restart', {
      linesUp: 2,
      links: 2,
      cuts: 1,
      giveUps: 1,
      restarts: 1,
      quiet: 0,
    }),
  ],
};

function named(name: string, bound: Partial<Bound>): NamedBound {
  return { name, bound: { ...SMALLEST, ...bound } };
}
