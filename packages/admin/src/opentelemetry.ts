/** What `/metrics` has, as instruments of OpenTelemetry; and spans, when they are asked for. */
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
  /** Default: that of the global provider, with the name `@iot/admin`. */
  readonly meter?: Meter | undefined;
  /**
   * `client` gives the numbers of each client, and the spans of its lines, an attribute with its id, as the option of
   * `attachAdmin`. Default: none.
   */
  readonly labels?: 'client' | undefined;
  /** The store of the server, such as `levelStore`: its commits are observed too. Default: none. */
  readonly store?: CommitSource | undefined;
  /**
   * True makes a span `iot.write` for each line written to a client, from the call of `write` until it settles: with qos
   * at the ack, after the outages that the line has waited through. Its parent is the span in which `write` was called, and
   * a write that rejects is an error of the span. It makes a span `iot.read` for each line received from a client, from its
   * arrival until the program is done with it: until `readline` or a loop hands it over, or until `done()` of its message;
   * there is none for a line that is never done. It has no parent. The text of the line is in neither. Spans come from the
   * global provider, with the name `@iot/admin`. Default false.
   */
  readonly spans?: boolean | undefined;
}

/** Of alerts, which belong to `attachAdmin`. */
const NOT_HERE = 'iot_alerts_total';

/**
 * Observes a server from now on, with or without `attachAdmin`: counters and gauges when they are read, histograms as
 * things happen. The names are those of `/metrics` without unit and `_total`, after `iot.`: `iot.lines_received`,
 * `iot.round_trip` with the unit `s`. The object returned ends it when it is disposed of.
 *
 * @throws UsageError `ERR_BAD_OPTION` for what cannot work
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

/** As exporters to Prometheus expect it: they append unit and `_total`, which gives the name of `/metrics` again. */
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
