import { describe, expect, it } from 'vitest';
import { Listing, type Listed, type Wanted } from '../dashboard/listing.js';
import { HOUR_MS, type Board, type Outage } from '../dashboard/model.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const MINUTE = 60_000;

const outage = (minutesAgo: number): Outage => {
  const at = NOW - minutesAgo * MINUTE;
  return { at, endedAt: at + 10_000, reason: 'silence', told: undefined };
};
const goesOn = (minutesAgo: number): Outage => ({ ...outage(minutesAgo), endedAt: undefined });
const board = (id: string, more: Partial<Board> = {}): Board => ({
  ...{ id, up: true, since: NOW - HOUR_MS, address: '10.0.0.1', roundTripMs: 5, repeats: 0 },
  ...{ recordedSince: NOW - 2 * HOUR_MS, outages: [] },
  ...more,
});
const wantedOf = (more: Partial<Wanted> = {}): Wanted => ({ order: 'trouble', text: '', ...more });

function listingOf(boards: Iterable<Board>): Listing {
  const listing = new Listing();
  listing.reset(boards, NOW);
  return listing;
}
const idsOf = ({ boards }: Listed): string[] => boards.map(({ id }) => id);

describe('the list', () => {
  const all = [
    board('10'),
    board('9'),
    board('seen', { outages: [outage(3)] }),
    board('long', { up: false, since: NOW - 9 * MINUTE, outages: [goesOn(9)] }),
    board('new', { up: false, since: NOW - MINUTE, outages: [goesOn(1)], address: '10.0.0.77' }),
    board('flaps', { outages: [outage(9), outage(6), outage(3)], repeats: 7, roundTripMs: 200 }),
    board('flaps-more', { outages: [outage(9), outage(6), outage(3), outage(1)], repeats: 3 }),
  ];
  const listed = (wanted: Partial<Wanted> = {}): string[] =>
    idsOf(listingOf(all).read(wantedOf(wanted), NOW));

  it('has first those that flap, then those that are down, the newest first, then those with outages', () => {
    expect(listed()).toEqual(['flaps-more', 'flaps', 'new', 'long', 'seen', '9', '10']);
  });

  it('can be in other orders; ids with numbers are in the order of the numbers', () => {
    expect(listed({ order: 'id' })).toEqual(['9', '10', 'flaps', 'flaps-more', 'long', 'new', 'seen']);
    expect(listed({ order: 'repeats' }).slice(0, 3)).toEqual(['flaps', 'flaps-more', '9']);
    expect(listed({ order: 'roundTrip' })[0]).toBe('flaps');
  });

  it('can be those of one state, or with a part of an id or an address', () => {
    expect(listed({ state: 'down' })).toEqual(['new', 'long']);
    expect(listed({ text: ' FLAPS-' })).toEqual(['flaps-more']);
    expect(listed({ text: '0.77' })).toEqual(['new']);
  });

  it('counts all boards, whichever are wanted', () => {
    const { counts } = listingOf(all).read(wantedOf({ text: 'nothing is like this' }), NOW);
    expect(counts).toEqual({ flapping: 2, down: 2, up: 3 });
  });

  it('is the same array until a board has changed', () => {
    const listing = listingOf(all);
    const wanted = wantedOf();
    const { boards } = listing.read(wanted, NOW);
    listing.change('9', all[1], NOW);
    expect(listing.read(wanted, NOW + 1000).boards).toBe(boards);
    listing.change('9', board('9', { repeats: 1 }), NOW);
    expect(listing.read(wanted, NOW + 1000).boards).not.toBe(boards);
  });

  it('lets a board flap no longer once its outages are old', () => {
    const listing = listingOf(all);
    const wanted = wantedOf();
    expect(listing.read(wanted, NOW).counts).toEqual({ flapping: 2, down: 2, up: 3 });
    const later = listing.read(wanted, NOW + 10 * MINUTE);
    expect(later.counts).toEqual({ flapping: 0, down: 2, up: 5 });
    expect(idsOf(later)).toEqual(['new', 'long', 'flaps-more', 'flaps', 'seen', '9', '10']);
  });
});

describe('after any changes the list', () => {
  const STATES = [undefined, 'up', 'down', 'flapping'] as const;
  const ORDERS = ['trouble', 'id', 'roundTrip', 'repeats'] as const;

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is what it would be if it were made of them (seed %d)', (seed) => {
    const below = numbersFrom(seed);
    const boards = new Map<string, Board>();
    const listing = new Listing();
    let wanted = wantedOf();
    let now = NOW;
    for (let step = 0; step < 400; step++) {
      // Ids that the order of numbers takes for the same are among them: 1, 01.
      const id = `${below(2) === 0 ? '' : '0'}${below(15)}`;
      const what = below(10);
      if (what === 0) boards.delete(id);
      else if (what < 8) {
        const outages = Array.from({ length: below(5) }, () => outage(below(20))).sort((a, b) => a.at - b.at);
        const since = NOW - below(3) * MINUTE;
        boards.set(id, board(id, { up: below(2) === 0, since, outages, repeats: below(3) }));
      } else if (what === 8) now += below(2 * MINUTE);
      else wanted = { order: ORDERS[below(4)]!, state: STATES[below(4)], text: below(3) === 0 ? '1' : '' };
      listing.change(id, boards.get(id), now);
      const { boards: listed, counts } = listing.read(wanted, now);
      const made = new Listing();
      made.reset(boards.values(), now);
      expect({ listed, counts }).toEqual({
        listed: made.read(wanted, now).boards,
        counts: countsOf(made, now),
      });
    }
  });

  const countsOf = (listing: Listing, now: number) => listing.read(wantedOf(), now).counts;
});

/** Whole numbers below a bound (a linear congruential generator). */
function numbersFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * bound);
  };
}
