/** A span of OpenTelemetry for each line written, which lasts as long as its write. */
import { SpanKind, SpanStatusCode, type Span, type Tracer } from '@opentelemetry/api';
import type { Fleet } from './fleet.js';

/** Told in the call of `write`: what is active then, and so the parent of the span, is the caller's. */
export function traceWrites(fleet: Fleet, tracer: Tracer, byClient: boolean): void {
  fleet.on('line', ({ id }, _direction, _text, written) => {
    if (written === undefined) return;
    const attributes = byClient ? { client: id } : {};
    const span = tracer.startSpan('iot.write', { kind: SpanKind.PRODUCER, attributes });
    written.then(
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
