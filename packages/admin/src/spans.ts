/**
 * Makes a span of OpenTelemetry for each line. The span of a line written lasts as long as its write. The span of a line
 * received lasts from its arrival until the application is done with it.
 */
import { SpanKind, SpanStatusCode, type Span, type Tracer } from '@opentelemetry/api';
import type { Fleet } from './fleet.js';

/**
 * The event of a line written comes during the call of `write`, so the active span, which becomes the parent, is the
 * caller's span. The span of a line received has no parent: the span that is active when the line is handed over has not
 * caused it.
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
