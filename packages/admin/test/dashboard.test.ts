/** The parts of the dashboard that need no browser. */
import { describe, expect, it } from 'vitest';
import { bytes, duration, milliseconds, number, plural, roughly } from '../dashboard/format.js';
import { newsOf, newsOfOutages } from '../dashboard/news.js';
import { applyEvent, boardsOf, HOUR_MS, type Board, type Outage } from '../dashboard/model.js';
import { quantile, ratesBetween, type OverviewJson } from '../dashboard/rates.js';
import { REASONS } from '../dashboard/reasons.js';
import { EventReader } from '../dashboard/sse.js';
import { TERMS } from '../dashboard/terms.js';
import { downShares, fleetTimeline, reasonsOf, recordedSteps } from '../dashboard/timeline.js';
import { OUTAGE_REASONS } from '../src/reasons.js';
import { FLAPS, stateOf } from '../src/trouble.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const MINUTE = 60_000;

const outage = (minutesAgo: number, seconds = 10, reason = 'silence'): Outage => {
  const at = NOW - minutesAgo * MINUTE;
  return { at, endedAt: at + seconds * 1000, reason, told: undefined };
};
const goesOn = (minutesAgo: number): Outage => ({ ...outage(minutesAgo), endedAt: undefined });
const board = (id: string, more: Partial<Board> = {}): Board => ({
  ...{ id, up: true, since: NOW - HOUR_MS, address: '10.0.0.1', roundTripMs: 5, repeats: 0 },
  ...{ recordedSince: NOW - 2 * HOUR_MS, outages: [] },
  ...more,
});

describe('a board flaps', () => {
  it('by the definition that the page shows', () => {
    expect(TERMS.flapping).toBe('3 or more outages within 15 minutes');
    expect(TERMS.outages).toBe('Outages within 15 minutes');
  });

  it('when its link has ended three times within 15 minutes, whether it is up or down now', () => {
    expect(FLAPS).toEqual({ count: 3, withinMs: 15 * MINUTE });
    const outages = [outage(14), outage(8), outage(2)];
    expect(stateOf(board('1', { outages }), NOW)).toBe('flapping');
    expect(stateOf(board('1', { outages, up: false }), NOW)).toBe('flapping');
  });

  it('no longer once the first of them is 15 minutes ago', () => {
    const outages = [outage(15), outage(8), outage(2)];
    expect(stateOf(board('1', { outages }), NOW)).toBe('up');
    expect(stateOf(board('1', { outages, up: false }), NOW)).toBe('down');
  });
});

describe('an event', () => {
  const at = (minutesAgo: number): string => new Date(NOW - minutesAgo * MINUTE).toISOString();
  const client = (id: string, up: boolean, since: number) => ({
    ...{ id, up, since: at(since), recordedSince: at(120), address: '10.0.0.1', roundTripMs: 5 },
    stats: { retransmitted: 0 },
  });

  it('begins an outage, and the next one ends it', () => {
    const boards = boardsOf([client('1', true, 30)], []);
    applyEvent(boards, 'down', { at: at(5), id: '1', reason: 'reset' });
    expect(boards.get('1')).toMatchObject({ up: false, outages: [{ reason: 'reset', endedAt: undefined }] });
    applyEvent(boards, 'up', { at: at(4), id: '1', address: '10.0.0.2' });
    expect(boards.get('1')).toMatchObject({
      up: true,
      since: NOW - 4 * MINUTE,
      address: '10.0.0.2',
      outages: [{ at: NOW - 5 * MINUTE, endedAt: NOW - 4 * MINUTE }],
    });
  });

  it('that the boards have seen already changes nothing', () => {
    const seen = { id: '1', at: at(5), endedAt: null, reason: 'reset' };
    const boards = boardsOf([client('1', false, 5)], [seen]);
    const before = boards.get('1');
    applyEvent(boards, 'up', { at: at(30), id: '1' });
    applyEvent(boards, 'down', { at: at(5), id: '1', reason: 'reset' });
    expect(boards.get('1')).toBe(before);
  });

  it('makes a board known, and forgets it; one without an id is of no board', () => {
    const boards = boardsOf([], []);
    applyEvent(boards, 'up', { at: at(1), id: 'new', address: '10.0.0.9' });
    expect(boards.get('new')).toMatchObject({ up: true, recordedSince: NOW - MINUTE, outages: [] });
    applyEvent(boards, 'refused', { at: at(1), address: '10.0.0.8', reason: 'no-hello' });
    applyEvent(boards, 'refused', { at: at(1), id: 'stranger', reason: 'not-expected' });
    expect([...boards.keys()]).toEqual(['new']);
    applyEvent(boards, 'gone', { at: at(0), id: 'new' });
    expect(boards.size).toBe(0);
  });

  it('drops outages that ended more than an hour before', () => {
    const old = { id: '1', at: at(90), endedAt: at(80), reason: 'fin' };
    const boards = boardsOf([client('1', true, 80)], [old]);
    applyEvent(boards, 'down', { at: at(0), id: '1', reason: 'fin' });
    expect(boards.get('1')!.outages).toHaveLength(1);
  });
});

describe('the latest events', () => {
  const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();

  it('are both ends of each outage, the newest first, when the page is opened', () => {
    const outages = [
      { id: '1', at: at(60), endedAt: at(58.7), reason: 'reset' },
      { id: '2', at: at(59), endedAt: null, reason: 'told', told: 'bye' },
      { id: '1', at: at(30), endedAt: at(20), reason: 'fin' },
    ];
    expect(newsOfOutages(outages)).toEqual([
      { type: 'up', id: '1', at: at(20), afterMs: 10_000 },
      { type: 'down', id: '1', at: at(30), reason: 'fin' },
      { type: 'up', id: '1', at: at(58.7), afterMs: 1300 },
      { type: 'down', id: '2', at: at(59), reason: 'told', told: 'bye' },
      { type: 'down', id: '1', at: at(60), reason: 'reset' },
    ]);
  });

  it('of the stream say for how long the board was down, as those of before do', () => {
    const event = { id: '1', at: at(20), address: '10.0.0.1' };
    const ended = { ...outage(0.5), endedAt: NOW - 20_000 };
    expect(newsOf('up', event, [ended])).toEqual({ ...event, type: 'up', afterMs: 10_000 });
    expect(newsOf('up', event, [outage(5)])).toEqual({ ...event, type: 'up' });
    expect(newsOf('up', event)).toEqual({ ...event, type: 'up' });
  });
});

describe('a stream of events', () => {
  const text =
    'retry: 1000\n\nid: a-1\nevent: up\ndata: {"id":"1"}\n\n:\n\nevent: line\ndata: {"text":"a: b"}\n\n';

  it('is read however it is cut', () => {
    for (let cut = 0; cut <= text.length; cut++) {
      const reader = new EventReader();
      expect([...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))]).toEqual([
        { id: 'a-1', type: 'up', data: '{"id":"1"}' },
        { id: undefined, type: 'line', data: '{"text":"a: b"}' },
      ]);
    }
  });
});

describe('a timeline', () => {
  const hour = { steps: 60, stepMs: MINUTE };

  it('has which part of each minute a board was down: all of it when it is down, a part when it flaps', () => {
    const flapping = Array.from({ length: 20 }, (_, index) => ({ at: NOW - (index + 1) * 11_000 }));
    const shares = downShares(
      flapping.map((it) => ({ ...outage(0), at: it.at, endedAt: it.at + 1300 })),
      NOW,
      hour,
    );
    expect(shares).toHaveLength(60);
    for (const share of shares.slice(-4, -1)) expect(share).toBeCloseTo(0.12, 1);
    expect(shares.slice(0, 55).every((share) => share === 0)).toBe(true);
    const now = NOW + MINUTE / 2;
    expect(downShares([outage(70, 12 * 60), goesOn(2.5)], now, hour)).toEqual([
      ...[1, ...new Array<number>(55).fill(0)],
      ...[0.5, 1, 1, 1],
    ]);
  });

  it('counts the minutes that were recorded, at least the one that passes', () => {
    expect([0.1, 1, 30, 90].map((minutes) => recordedSteps(NOW - minutes * MINUTE, NOW, hour))).toEqual([
      ...[2, 2, 31, 60],
    ]);
    expect(recordedSteps(NOW + 1, NOW, hour)).toBe(1);
  });

  it('of the fleet counts the links that ended in each minute, and the boards that were down at its end', () => {
    const outages = [outage(90, 60), outage(70, 68 * 60), outage(3, 60), outage(3, 10), goesOn(1)];
    const minutes = { steps: 5, stepMs: MINUTE };
    const { times, ended, down } = fleetTimeline(outages, NOW - HOUR_MS, NOW, minutes);
    expect(times).toEqual([-4, -3, -2, -1, 0].map((minute) => (NOW + minute * MINUTE) / 1000));
    expect(ended).toEqual([0, 2, 0, 1, 0]);
    expect(down).toEqual([1, 2, 0, 1, 1]);
  });

  it('of the fleet has no values for the time before the record began', () => {
    const minutes = { steps: 5, stepMs: MINUTE };
    const { times, ended, down } = fleetTimeline([goesOn(1)], NOW - 1.5 * MINUTE, NOW, minutes);
    expect(times).toHaveLength(5);
    expect(ended).toEqual([null, null, 0, 1, 0]);
    expect(down).toEqual([null, null, 0, 1, 1]);
  });

  it('says which reason was the most frequent', () => {
    const outages = [outage(3, 1, 'fin'), outage(2), outage(1)];
    expect(reasonsOf(outages)).toEqual([
      ['silence', 2],
      ['fin', 1],
    ]);
  });

  it('has words for each reason that there is', () => {
    expect(Object.keys(REASONS).sort()).toEqual([...OUTAGE_REASONS].sort());
  });
});

describe('rates', () => {
  const overview = (seconds: number, lines: number, counts: readonly number[]): OverviewJson => ({
    at: new Date(NOW + seconds * 1000).toISOString(),
    ...{ lastEventId: '', showLines: false, clients: 1, up: 1, unreadLines: 0, pendingWrites: 0 },
    ...{ linesReceived: lines, linesSent: 2 * lines, linesRepeated: lines / 10 },
    roundTrips: { boundsMs: [10, 100], counts },
  });

  it('are of the time between two readings', () => {
    const rates = ratesBetween(overview(0, 0, [5, 5, 0]), overview(10, 100, [5, 15, 0]));
    expect(rates).toEqual({
      ...{ at: NOW / 1000 + 10, received: 10, sent: 20, repeats: 60 },
      ...{ medianMs: 55, p95Ms: 95.5 },
    });
  });

  it('are never below zero when the process was started again, and have no round trip without acks', () => {
    expect(ratesBetween(overview(0, 100, [5, 0, 0]), overview(10, 0, [0, 0, 0]))).toMatchObject({
      received: 0,
      medianMs: undefined,
    });
  });

  it('take what is above all bounds for the last one', () => {
    expect(quantile(0.95, [10, 100], [1, 0, 9])).toBe(100);
    expect(quantile(0.5, [10, 100], [0, 0, 0])).toBeUndefined();
  });
});

describe('text', () => {
  it.each([
    [0, '0 s', '0 s'],
    [59_400, '59 s', '59 s'],
    [200_000, '3 min 20 s', '3 min'],
    [3 * HOUR_MS, '3 h', '3 h'],
    [26 * HOUR_MS, '1 d 2 h', '1 d'],
    [24 * HOUR_MS + 60_000, '1 d', '1 d'],
    [-5, '0 s', '0 s'],
  ])('of %d ms is %s, or roughly %s', (ms, exact, rough) => {
    expect([duration(ms), roughly(ms)]).toEqual([exact, rough]);
  });

  it('of short times, counts and bytes has few digits', () => {
    expect([undefined, 0.84, 12.4, 1530, 200_000].map(milliseconds)).toEqual([
      ...['–', '0.8 ms', '12 ms', '1.5 s', '3 min 20 s'],
    ]);
    expect([0, 0.42, 12.5, 1234.5].map(number)).toEqual(['0', '0.4', '12.5', '1,235']);
    expect([999, 1500, 231_410, 5e9, 2e12].map(bytes)).toEqual(['999 B', '1.5 kB', '231 kB', '5 GB', '2 TB']);
    expect([plural(1, 'board'), plural(1200, 'board')]).toEqual(['1 board', '1,200 boards']);
  });
});
