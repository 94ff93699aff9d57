/** The alert rules and the dashboard that come with the package, and the table of metrics in the README. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listen } from '@iot/server';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';
import { attachAdmin } from '../src/index.js';
import { ask } from './asking.js';
import { clientOf, local } from './fleet.js';
import { promtool } from './prometheus.js';

const place = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const textOf = (path: string) => readFileSync(place(path), 'utf8');
const RULES = 'prometheus/alerts.yml';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
const dashboard = JSON.parse(textOf('grafana/fleet.json')) as Dashboard;
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** The names of all metrics, by what has them. */
async function metricNames(): Promise<Set<string>> {
  await using server = await listen(local);
  await using admin = await attachAdmin(server, local);
  await using _client = await clientOf(server, '1');
  const text = (await ask(admin, '/metrics')).body as string;
  return new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
}

function namesIn(text: string): Set<string> {
  const found = text.match(/\biot_[a-z0-9_]+/g) ?? [];
  return new Set(found.map((name) => name.replace(/_bucket$/, '')));
}

describe('the metrics that are named', () => {
  it.each([
    ['the alert rules', RULES],
    ['the dashboard', 'grafana/fleet.json'],
  ])('in %s are there', async (_, path) => {
    const named = namesIn(textOf(path));
    expect(named.size).toBeGreaterThan(5);
    const known = await metricNames();
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  it('in the README are those that there are', async () => {
    expect([...namesIn(textOf('README.md'))].sort()).toEqual([...(await metricNames())].sort());
  });

  it('in the dashboard are all', async () => {
    expect([...namesIn(expressions.join('\n'))].sort()).toEqual([...(await metricNames())].sort());
  });
});

it('the alert rules pass promtool check rules', () => {
  expect(promtool(['check', 'rules', place(RULES)])).toBe('');
});

it('the expressions of the dashboard are PromQL', () => {
  const rules = expressions.map((expr, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  const file = join(temporaryFolder(), 'rules.yml');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  expect(promtool(['check', 'rules', file])).toBe('');
});

/** An alert that must fire at a time, on series that Prometheus would have read by then. */
interface Case {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  readonly labels: Readonly<Record<string, string>>;
}

const here = { job: 'iot', instance: 'a' };
const on = (name: string, labels: Record<string, string> = {}) =>
  `${name}{${Object.entries({ ...here, ...labels })
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}}`;

const CASES: readonly Case[] = [
  { alert: 'IotNothingRead', series: {}, at: '3m', labels: {} },
  {
    alert: 'IotClientsDown',
    series: { [on('iot_links_up')]: '7x30', [on('iot_sessions')]: '10x30' },
    at: '12m',
    labels: here,
  },
  {
    alert: 'IotLinksFlap',
    series: { [on('iot_outages_total', { reason: 'silence' })]: '0+2x30', [on('iot_sessions')]: '10x30' },
    at: '20m',
    labels: here,
  },
  {
    alert: 'IotRefused',
    series: { [on('iot_refusals_total', { reason: 'tls' })]: '0+1x60' },
    at: '40m',
    labels: { ...here, reason: 'tls' },
  },
  {
    alert: 'IotProtocolErrors',
    series: { [on('iot_protocol_errors_total')]: '0x10 1x10' },
    at: '15m',
    labels: here,
  },
  {
    alert: 'IotUnread',
    series: { [on('iot_unread_lines')]: '2000x30', [on('iot_sessions')]: '10x30' },
    at: '12m',
    labels: here,
  },
  {
    alert: 'IotStoreFails',
    series: { [on('iot_store_commit_failures_total')]: '0+1x30' },
    at: '15m',
    labels: here,
  },
  {
    alert: 'IotStoreSlow',
    series: {
      [on('iot_store_commit_seconds_bucket', { le: '1' })]: '0x30',
      [on('iot_store_commit_seconds_bucket', { le: '5' })]: '0+600x30',
      [on('iot_store_commit_seconds_bucket', { le: '+Inf' })]: '0+600x30',
    },
    at: '15m',
    labels: here,
  },
  {
    alert: 'IotEventLoopLate',
    series: {
      [on('iot_event_loop_delay_seconds_bucket', { le: '0.5' })]: '0x30',
      [on('iot_event_loop_delay_seconds_bucket', { le: '1' })]: '0+600x30',
      [on('iot_event_loop_delay_seconds_bucket', { le: '+Inf' })]: '0+600x30',
    },
    at: '15m',
    labels: here,
  },
  {
    alert: 'IotClientDown',
    series: { [on('iot_links_up', { client: 'attic' })]: '0x30' },
    at: '20m',
    labels: { ...here, client: 'attic' },
  },
  {
    alert: 'IotClientFlaps',
    series: { [on('iot_outages_total', { client: 'attic', reason: 'fin' })]: '0+1x30' },
    at: '20m',
    labels: { ...here, client: 'attic' },
  },
];

describe('an alert', () => {
  it('is tested, each of them', () => {
    const alerts = [...textOf(RULES).matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(CASES.map(({ alert }) => alert)).toEqual(alerts);
  });

  it.each(CASES)('fires: $alert', ({ alert, series, at, labels }) => {
    const severity = ['IotNothingRead', 'IotStoreFails'].includes(alert) ? 'critical' : 'warning';
    const firing = { alertname: alert, alertstate: 'firing', severity, ...labels };
    const sample = `ALERTS{${Object.entries(firing)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',')}}`;
    const expected = {
      expr: `ALERTS{alertname="${alert}"}`,
      eval_time: at,
      exp_samples: [{ labels: sample, value: 1 }],
    };
    const test = {
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: [expected],
    };
    const file = join(temporaryFolder(), 'test.yml');
    writeFileSync(file, JSON.stringify({ rule_files: [place(RULES)], tests: [test] }));
    expect(promtool(['test', 'rules', file])).toBe('');
  });
});
