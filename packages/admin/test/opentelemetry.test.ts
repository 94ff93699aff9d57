import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { listen } from '@iot/server';
import { describe, expect, it } from 'vitest';
import { attachAdmin } from '../src/index.js';
import { observe } from '../src/opentelemetry.js';
import { ask } from './asking.js';
import { clientOf, local } from './fleet.js';

/** A provider whose metrics can be read. */
function provider() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // It is read when the test asks: never by itself.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 31 - 1 });
  const made = new MeterProvider({ readers: [reader] });
  return {
    meter: made.getMeter('test'),
    async read(): Promise<Map<string, MetricData>> {
      exporter.reset();
      await made.forceFlush();
      const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      return new Map(scopes.flatMap(({ metrics }) => metrics).map((data) => [data.descriptor.name, data]));
    },
    [Symbol.asyncDispose]: () => made.shutdown(),
  };
}

/** The values of a metric, by the text of its attributes. */
function values(data: MetricData | undefined): Record<string, unknown> {
  const points = data?.dataPoints ?? [];
  return Object.fromEntries(points.map(({ attributes, value }) => [Object.values(attributes).join(), value]));
}

describe('observe', () => {
  it('has what /metrics has, under names from which an exporter makes those of /metrics', async () => {
    await using metrics = provider();
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    using _observed = observe(server, { meter: metrics.meter });
    await using client = await clientOf(server, '1');
    await client.write('hello');
    await server.get('1').write('answer');
    const down = server.once('down');
    await server.disconnect('1', 'test');
    await down;
    const read = await metrics.read();
    expect(values(read.get('iot.lines_received'))).toEqual({ '': 1 });
    expect(values(read.get('iot.outages'))).toMatchObject({ closed: 1, silence: 0 });
    expect(read.get('iot.received')).toMatchObject({ descriptor: { unit: 'By' } });
    expect(values(read.get('iot.round_trip'))['']).toMatchObject({ count: 1 });
    expect(read.get('iot.round_trip')).toMatchObject({ descriptor: { unit: 's' } });

    const text = (await ask(admin, '/metrics')).body as string;
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)]
      // Those have no value yet: nothing was stored, and nothing was measured.
      .filter(([, name]) => !/^iot_(alerts_total|store_commit_seconds|event_loop_delay_seconds)$/.test(name!))
      .map(([, name]) => name);
    const exported = [...read.values()].map(({ descriptor: { name, unit }, dataPointType }) => {
      const suffix = { s: '_seconds', By: '_bytes' }[unit] ?? '';
      const isCounter = !/links_up|sessions|unread|pending/.test(name) && suffix !== '_seconds';
      expect(dataPointType).toBeTypeOf('number');
      return `${name.replace('.', '_')}${suffix}${isCounter ? '_total' : ''}`;
    });
    expect(exported.filter((name) => !/event_loop/.test(name)).sort()).toEqual(names.sort());
  });

  it('has an attribute with the id of the client when it is asked to', async () => {
    await using metrics = provider();
    await using server = await listen(local);
    using _observed = observe(server, { meter: metrics.meter, labels: 'client' });
    await using _one = await clientOf(server, '1');
    await using _two = await clientOf(server, '2');
    expect(values((await metrics.read()).get('iot.links_up'))).toEqual({ 1: 1, 2: 1 });
  });

  it('records the commits of the store, until it is disposed of', async () => {
    let tell: ((commit: { ms: number; failed: boolean }) => void) | undefined;
    const store = {
      onCommit(listener: typeof tell) {
        tell = listener;
        return () => (tell = undefined);
      },
    };
    await using metrics = provider();
    await using server = await listen(local);
    {
      using _observed = observe(server, { meter: metrics.meter, store });
      tell!({ ms: 20, failed: true });
      const read = await metrics.read();
      expect(values(read.get('iot.store_commit'))['']).toMatchObject({ count: 1, sum: 0.02 });
      expect(values(read.get('iot.store_commit_failures'))).toEqual({ '': 1 });
    }
    expect(tell).toBeUndefined();
  });

  it('does nothing without a provider, and refuses what cannot work', async () => {
    await using server = await listen(local);
    using _observed = observe(server);
    for (const options of [{ labels: 'id' }, { store: {} }, { spans: 1 }, { metre: 1 }])
      expect(() => observe(server, options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_BAD_OPTION' }),
      );
  });
});
