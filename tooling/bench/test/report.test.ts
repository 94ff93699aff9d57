import { describe, expect, it } from 'vitest';
import { verdictsOf } from '../src/goals.js';
import { chart } from '../src/report/chart.js';
import { bar } from '../src/report/progress.js';
import { goalTable, rowTable } from '../src/report/table.js';
import { short, spreadText } from '../src/report/words.js';
import { Results } from '../src/results.js';
import { resultsOf } from './results.js';

it('figures have three digits that count', () => {
  const figures = [0, 0.123, 9.996, 99.96, 1234, 9994, 9996, 124_000, 999_600, 1_624_000, Infinity];
  expect(figures.map(short)).toEqual([
    '0',
    '0.12',
    '10.0',
    '100',
    '1234',
    '9994',
    '10.0k',
    '124k',
    '1.00M',
    '1.62M',
    'Infinity',
  ]);
});

it('a range is shown where rounds differ', () => {
  expect(spreadText({ median: 2, least: 1, most: 3 }, 'µs')).toBe('2.00 µs (1.00–3.00)');
  expect(spreadText({ median: 2, least: 2, most: 2 }, '/s')).toBe('2.00/s');
});

it('the table of a row has a line for each contestant, also for one that was not measured', () => {
  const results = resultsOf({ 'ours-2': [100], raw: [20, 10, 30], 'mosquitto-1': [], ws: [] });
  const [row] = results.rows;
  row!.cells[2]!.missing = 'mosquitto is not installed';
  row!.cells[3]!.failed = 'it ended';
  expect(rowTable(row!, results)).toEqual([
    'a round trip (row)',
    '                             p50',
    '  ours, version 2            100 µs',
    '  raw sockets                20.0 µs (10.0–30.0)',
    '  MQTT.js, Mosquitto, QoS 1  missing: mosquitto is not installed',
    '  ws echo                    failed: it ended',
  ]);
  expect(results.missing).toEqual(['MQTT.js, Mosquitto, QoS 1: mosquitto is not installed']);
  expect(results.failed).toEqual(['row, ws: it ended']);
});

it('the table of the goals says what was measured and whether it holds', () => {
  const goal = { title: 'p50', row: 'row', metric: 'p50', ours: 'ours-2', against: 'raw' } as const;
  const results = resultsOf({ 'ours-2': [12], raw: [10], ws: [] });
  const verdicts = verdictsOf(
    [
      { ...goal, limit: { atMost: 1.5 } },
      { ...goal, limit: { atMost: 1.1 } },
      { ...goal, against: 'ws', limit: { atMost: 1 } },
    ],
    results,
  );
  expect(goalTable(verdicts)).toEqual([
    'goal                                 limit  measured',
    'p50   ours, version 2 / raw sockets  ≤ 1.5  1.20      holds',
    'p50   ours, version 2 / raw sockets  ≤ 1.1  1.20      missed',
    'p50   ours, version 2 / ws echo      ≤ 1    –         not measured',
  ]);
});

it('the bar goes from nothing to all', () => {
  expect([0, 0.5, 1, 2].map(bar)).toEqual([
    `[${'-'.repeat(24)}]   0 %`,
    `[${'#'.repeat(12)}${'-'.repeat(12)}]  50 %`,
    `[${'#'.repeat(24)}] 100 %`,
    `[${'#'.repeat(24)}] 100 %`,
  ]);
});

describe('the chart', () => {
  const results = new Results();
  const metrics = [{ key: 'p50', title: 'p50 < p99', unit: 'µs' }] as const;
  const row = results.add({ name: 'acked-1', title: 'acked', metrics, contestants: ['ours-2', 'raw', 'ws'] });
  row.cells[0]!.rounds.push({ p50: 40 });
  row.cells[1]!.rounds.push({ p50: 20 });

  it('has a bar for each contestant that was measured, the longest for the highest figure', () => {
    const svg = chart(results);
    expect([...svg.matchAll(/<rect .* width="([\d.]+)" .*class="(\w+)"/g)].map(([, ...it]) => it)).toEqual([
      ['330.0', 'ours'],
      ['165.0', 'other'],
    ]);
    expect(svg).toContain('>40.0 µs<');
    expect(svg).not.toContain('ws echo');
  });

  it('escapes what is written in it', () => {
    expect(chart(results)).toContain('acked: p50 &lt; p99');
  });

  it('of a run without its rows has no panel', () => {
    expect(chart(new Results())).not.toContain('class="title"');
  });
});
