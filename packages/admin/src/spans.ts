/**
 * A span of OpenTelemetry for each line: of one written, as long as its write; of one received, from its arrival until the
 * application is done with it.
 */
import { SpanKind, SpanStatusCode, type Span, type Tracer } from '@opentelemetry/api';
import type { Fleet } from './fleet.js';

/**
 * The event of a line written comes in the call of `write`, so its span has the active span of the caller as its parent. The
 * span of a line received has none: what happens to be active when it is handed over has not caused it.
 */
export function traceLines(fleet: Fleet, tracer: Tracer, byClient: boolean): void {
  fleet.on('line', ({ id }, _direction, _text, ended, receivedAt) => {
    const attributes = byClient ? { client: id } : {};
    const span = receivedAt
      ? tracer.startSpan('iot.read', {
          kind: SpanKind.CONSUMER,
          attributes,
          startTime: receivedAt,
          root: true,
        })
      : tracer.startSpan('iot.write', { kind: SpanKind.PRODUCER, attributes });
    ended.then(
      () => span.end(),
      (reason: unknown) => fail(span, reason),
    );
  });
}

function fail(span: Span, reason: unknown): void {
  const error = reason instanceof Error ? reason : String(reason);
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
