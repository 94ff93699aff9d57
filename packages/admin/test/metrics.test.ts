import { listen } from '@iot/server';
import { describe, expect, it } from 'vitest';
import { attachAdmin, type Admin } from '../src/index.js';
import { metricsText } from '../src/metrics/text.js';
import { ask } from './asking.js';
import { clientOf, local } from './fleet.js';
import { prometheus, promtool, samplesOf } from './prometheus.js';

async function scraped(admin: Admin): Promise<Record<string, number>> {
  return samplesOf((await ask(admin, '/metrics')).body as string);
}

describe('GET /metrics', () => {
  it('sums over all clients', async () => {
    await using server = await listen({ ...local, expected: ['1', '2'], admit: 'expected' });
    await using admin = await attachAdmin(server, local);
    const first = await scraped(admin);
    expect(first).toMatchObject({ iot_links_up: 0, iot_sessions: 0, 'iot_outages_total{reason="told"}': 0 });
    await using one = await clientOf(server, '1');
    const two = await clientOf(server, '2');
    await expect(clientOf(server, '3')).rejects.toThrow();
    await one.write('hello');
    await two.write('hello');
    await two.write('again');
    await server.get('1').write('answer');
    const down = server.once('down');
    await two.close();
    await down;
    void server.get('2').write('waits');
    const metrics = await scraped(admin);
    expect(metrics).toMatchObject({
      iot_links_up: 1,
      iot_sessions: 2,
      iot_lines_received_total: 3,
      iot_lines_sent_total: 1,
      iot_lines_repeated_total: 0,
      iot_duplicates_dropped_total: 0,
      iot_protocol_errors_total: 0,
      iot_unread_lines: 3,
      iot_pending_writes: 1,
      'iot_outages_total{reason="told"}': 1,
      'iot_outages_total{reason="silence"}': 0,
      'iot_refusals_total{reason="not-expected"}': 1,
      'iot_refusals_total{reason="tls"}': 0,
      iot_round_trip_seconds_count: 1,
      'iot_round_trip_seconds_bucket{le="300"}': 1,
    });
    expect(metrics['iot_round_trip_seconds_sum']).toBeGreaterThan(0);
    expect(metrics['iot_received_bytes_total']).toBeGreaterThan(15);
    expect(metrics['iot_sent_bytes_total']).toBeGreaterThan(6);
  });

  it('has totals that never go back when clients are forgotten', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    let before = await scraped(admin);
    for (const id of ['1', '2', '1']) {
      const client = await clientOf(server, id);
      await client.write(`from ${id}`);
      await client.close();
      const held = await scraped(admin);
      await server.forget(id);
      const after = await scraped(admin);
      for (const name of Object.keys(after).filter((key) => key.includes('_total'))) {
        expect(held[name], name).toBeGreaterThanOrEqual(before[name]!);
        expect(after[name], name).toBeGreaterThanOrEqual(held[name]!);
      }
      before = after;
    }
    expect(before).toMatchObject({ iot_sessions: 0, iot_lines_received_total: 3, iot_unread_lines: 0 });
  });

  it('has a series for each client with the label, until the client is gone', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, { ...local, labels: 'client' });
    await using _one = await clientOf(server, 'a "b" \\c');
    const two = await clientOf(server, '2');
    await two.write('hello');
    await two.close();
    if (server.get('2').status) await server.once('down');
    expect(await scraped(admin)).toMatchObject({
      'iot_links_up{client="a \\"b\\" \\\\c"}': 1,
      'iot_links_up{client="2"}': 0,
      'iot_lines_received_total{client="2"}': 1,
      'iot_outages_total{client="2",reason="told"}': 1,
      iot_sessions: 2,
    });
    await server.forget('2');
    const names = Object.keys(await scraped(admin));
    expect(names.filter((name) => name.includes('client="2"'))).toEqual([]);
    expect(promtool(['check', 'metrics'], (await ask(admin, '/metrics')).body as string)).toBe('');
  });

  it('counts the commits of the store that it is given', async () => {
    let tell: ((commit: { ms: number; failed: boolean }) => void) | undefined;
    const store = {
      onCommit(listener: typeof tell) {
        tell = listener;
        return () => (tell = undefined);
      },
    };
    await using server = await listen(local);
    {
      await using admin = await attachAdmin(server, { ...local, store });
      tell!({ ms: 2, failed: false });
      tell!({ ms: 700, failed: true });
      expect(await scraped(admin)).toMatchObject({
        iot_store_commit_seconds_count: 2,
        iot_store_commit_seconds_sum: 0.702,
        'iot_store_commit_seconds_bucket{le="0.0025"}': 1,
        iot_store_commit_failures_total: 1,
      });
    }
    expect(tell).toBeUndefined();
  });

  it('counts how late timers were, from the first time it is asked', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    expect(await scraped(admin)).toMatchObject({ iot_event_loop_delay_seconds_count: 0 });
    const until = performance.now() + 300;
    while (performance.now() < until);
    const count = 'iot_event_loop_delay_seconds_count';
    let late = await scraped(admin);
    // Only the interface can tell that the timer has come.
    while (late[count] === 0) late = await scraped(admin);
    expect(late).toMatchObject({
      'iot_event_loop_delay_seconds_bucket{le="0.1"}': late[count]! - 1,
      'iot_event_loop_delay_seconds_bucket{le="+Inf"}': late[count],
    });
    expect(late['iot_event_loop_delay_seconds_sum']).toBeGreaterThan(0.19);
  });

  it('passes promtool check metrics', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    await using client = await clientOf(server, '1');
    await client.write('hello');
    const { body, headers } = await ask(admin, '/metrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(promtool(['check', 'metrics'], body as string)).toBe('');
    expect(promtool(['check', 'metrics'], 'iot_x_total{ 1\n')).not.toBe('');
  });

  it('is read by a real Prometheus, whose rules see it', async () => {
    const token = 'correct-horse-battery-staple';
    await using server = await listen(local);
    await using admin = await attachAdmin(server, { ...local, token });
    await using client = await clientOf(server, '1');
    await client.write('hello');
    const rule = { alert: 'OneUp', expr: 'iot_links_up == 1 and iot_lines_received_total == 1' };
    const rules = JSON.stringify({ groups: [{ name: 'test', rules: [rule] }] });
    await using running = await prometheus(admin, token, rules);
    expect(await running.alerts).toMatchObject([{ labels: { alertname: 'OneUp', job: 'iot' } }]);
  });
});

it('labels are escaped as the format wants it', () => {
  const samples = [{ labels: { client: 'a\\b"c\nd', reason: 'x' }, value: 1 }];
  expect(metricsText([{ name: 'iot_x_total', type: 'counter', help: 'X.', samples }])).toBe(
    '# HELP iot_x_total X.\n# TYPE iot_x_total counter\niot_x_total{client="a\\\\b\\"c\\nd",reason="x"} 1\n',
  );
});
