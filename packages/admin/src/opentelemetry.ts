/** The metrics of `/metrics` as instruments of OpenTelemetry, and optional spans. */
import {
  metrics as api,
  trace,
  type BatchObservableResult,
  type Meter,
  type MetricOptions,
  type Observable,
} from '@opentelemetry/api';
import { UsageError } from '@iot/framing';
import { requireKnownOptions, requireMethods, requireOneOf } from '@iot/qos/internal';
import type { Server } from '@iot/server';
import { Fleet } from './fleet.js';
import { LIMITS } from './limits.js';
import { Metrics } from './metrics/metrics.js';
import type { CommitSource } from './options.js';
import { traceLines } from './spans.js';

export type { CommitSource } from './options.js';
export type * from '@iot/server';

export interface ObserveOptions {
  /** Default: the meter `@iot/admin` of the global provider. */
  readonly meter?: Meter | undefined;
  /**
   * `client` adds an attribute with the client's id to metrics and spans, like the option of `attachAdmin`.
   * Default: none.
   */
  readonly labels?: 'client' | undefined;
  /** The store of the server, such as `levelStore`: adds metrics of its commits. Default: none. */
  readonly store?: CommitSource | undefined;
  /**
   * True makes a span for each line, from the tracer `@iot/admin` of the global provider. Default false.
   *
   * `iot.write` is for a line written to a client, from the call of `write` until the write settles. A write with qos
   * settles at the ack, so the span includes outages in between. The parent is the span that is active when `write` is
   * called. A rejected write sets the status of the span to error.
   *
   * `iot.read` is for a line received from a client, from its arrival until the program is done with it: `readline` or a
   * loop has handed it over, or the program has called `done()` of its message. It has no parent. A line that is never
   * done has no span. Spans do not contain the text of lines.
   */
  readonly spans?: boolean | undefined;
}

/** The metric of alerts, which exist only with `attachAdmin`. */
const NOT_HERE = 'iot_alerts_total';

/**
 * Observes a server from now on, with or without `attachAdmin`. Counters and gauges are computed when they
 * are collected, histograms as events happen. The names are those of `/metrics` without unit and `_total`,
 * with the prefix `iot.`: `iot.lines_received`, `iot.round_trip` with the unit `s`. To end the observation,
 * dispose of the returned object.
 *
 * @throws UsageError `ERR_BAD_OPTION` for an invalid option
 */
export function observe(server: Server, options: ObserveOptions = {}): Disposable {
  requireKnownOptions(options, ['meter', 'labels', 'store', 'spans']);
  const { meter = api.getMeter('@iot/admin'), labels, store, spans = false } = options;
  if (typeof spans !== 'boolean') throw new UsageError('ERR_BAD_OPTION', 'spans must be true or false');
  if (labels !== undefined) requireOneOf('labels', labels, ['client']);
  if (store !== undefined) requireMethods('store', store, ['onCommit']);
  const fleet = new Fleet(server, false, LIMITS);
  const metrics = new Metrics(fleet, labels, store);
  if (spans) traceLines(fleet, trace.getTracer('@iot/admin'), labels === 'client');

  for (const histogram of metrics.histograms) {
    const advice = { explicitBucketBoundaries: [...histogram.bounds] };
    const instrument = meter.createHistogram(nameOf(histogram.name), {
      ...described(histogram.name, histogram.help),
      advice,
    });
    histogram.follow((value) => instrument.record(value));
  }
  const instruments = new Map<string, Observable>();
  for (const { name, type, help } of metrics.read()) {
    if (type === 'histogram' || name === NOT_HERE) continue;
    const create = type === 'counter' ? 'createObservableCounter' : 'createObservableGauge';
    instruments.set(name, meter[create](nameOf(name), described(name, help)));
  }
  const read = (result: BatchObservableResult): void => {
    for (const { name, samples } of metrics.read()) {
      const instrument = instruments.get(name);
      if (instrument === undefined) continue;
      for (const { labels: attributes, value } of samples) result.observe(instrument, value, attributes);
    }
  };
  const observed = [...instruments.values()];
  meter.addBatchObservableCallback(read, observed);
  return {
    [Symbol.dispose]() {
      meter.removeBatchObservableCallback(read, observed);
      fleet.detach();
      metrics.stop();
    },
  };
}

/** Exporters to Prometheus append the unit and `_total`, which gives the name in `/metrics` again. */
function nameOf(name: string): string {
  return name
    .replace(/^iot_/, 'iot.')
    .replace(/_total$/, '')
    .replace(/_(seconds|bytes)$/, '');
}

function described(name: string, description: string): MetricOptions {
  const unit = /_seconds$/.test(name) ? 's' : /_bytes_total$/.test(name) ? 'By' : undefined;
  return unit === undefined ? { description } : { description, unit };
}
