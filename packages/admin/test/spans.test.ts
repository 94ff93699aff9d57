import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type ContextManager,
  type Span,
  type SpanOptions,
  type TracerProvider,
} from '@opentelemetry/api';
import { listen } from '@iot/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observe } from '../src/opentelemetry.js';
import { clientOf, local } from './fleet.js';

/** A span that a provider has made. */
interface Made {
  readonly name: string;
  readonly options: SpanOptions | undefined;
  /** What was active when it began. */
  readonly within: Context;
  isEnded: boolean;
  exception?: unknown;
  status?: unknown;
}

const made: Made[] = [];
/** Resolves once one has ended. */
let oneEnded: Promise<void>;
let ended: () => void;

const provider: TracerProvider = {
  getTracer: (scope) => {
    expect(scope).toBe('@iot/admin');
    return {
      startSpan: (name: string, options?: SpanOptions, within = context.active()) => {
        const span: Made = { name, options, within, isEnded: false };
        made.push(span);
        return {
          recordException: (exception: unknown) => (span.exception = exception),
          setStatus: (status: unknown) => (span.status = status),
          end: () => {
            span.isEnded = true;
            ended();
          },
        } as unknown as Span;
      },
      startActiveSpan: () => expect.fail('a span of a line is no parent'),
    } as never;
  },
};

/** What is active within a call, as long as that is synchronous. */
class SynchronousContexts implements ContextManager {
  #active = ROOT_CONTEXT;
  active = (): Context => this.#active;
  with: ContextManager['with'] = (within, act, self, ...given) => {
    const before = this.#active;
    this.#active = within;
    try {
      return act.call(self as never, ...given);
    } finally {
      this.#active = before;
    }
  };
  bind: ContextManager['bind'] = (_, target) => target;
  enable = (): this => this;
  disable = (): this => this;
}

beforeEach(() => {
  made.length = 0;
  oneEnded = new Promise((resolve) => (ended = resolve));
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new SynchronousContexts());
});
afterEach(() => {
  trace.disable();
  context.disable();
});

describe('a span', () => {
  it('is made of no line unless spans are asked for', async () => {
    await using server = await listen(local);
    using _observed = observe(server);
    await using client = await clientOf(server, '1');
    await server.get('1').write('on');
    expect(await client.readline()).toBe('on');
    expect(made).toEqual([]);
  });

  it('lasts from the write to its ack, within what the caller was in', async () => {
    await using server = await listen(local);
    using _observed = observe(server, { spans: true });
    await using client = await clientOf(server, '1');
    const caller = ROOT_CONTEXT.setValue(createContextKey('request'), 7);
    const written = context.with(caller, () => server.get('1').write('secret'));
    expect(made).toMatchObject([{ name: 'iot.write', within: caller, isEnded: false }]);
    expect(made[0]!.options).toEqual({ kind: SpanKind.PRODUCER, attributes: {} });
    await written;
    await oneEnded;
    expect(made).toMatchObject([{ isEnded: true }]);
    expect(made[0]).not.toHaveProperty('status');
    expect(JSON.stringify(made)).not.toContain('secret');
    expect(await client.readline()).toBe('secret');
  });

  it('of a write that rejects is an error', async () => {
    await using server = await listen(local);
    using _observed = observe(server, { spans: true });
    await using client = await clientOf(server, '1');
    const down = server.once('down');
    await client.close();
    await down;
    const reason = new Error('withdrawn');
    const ending = new AbortController();
    const written = server.get('1').write('on', { signal: ending.signal });
    ending.abort(reason);
    await expect(written).rejects.toBe(reason);
    await oneEnded;
    expect(made).toMatchObject([
      { isEnded: true, exception: reason, status: { code: SpanStatusCode.ERROR } },
    ]);
  });

  it('of a line received lasts from its arrival until the program is done with it, and has no parent', async () => {
    await using server = await listen(local);
    using _observed = observe(server, { spans: true });
    await using client = await clientOf(server, '1');
    await client.write('secret');
    const readFrom = Date.now();
    for await (const message of server.get('1').messages()) {
      const options = { kind: SpanKind.CONSUMER, root: true, attributes: {}, startTime: message.receivedAt };
      expect(made).toMatchObject([{ name: 'iot.read', options, isEnded: false }]);
      expect(message.receivedAt.getTime()).toBeLessThanOrEqual(readFrom);
      message.done();
      break;
    }
    await oneEnded;
    expect(made).toMatchObject([{ isEnded: true }]);
    expect(JSON.stringify(made)).not.toContain('secret');
  });

  it('has the id of the client when labels ask for it', async () => {
    await using server = await listen(local);
    using _observed = observe(server, { spans: true, labels: 'client' });
    await using client = await clientOf(server, '1');
    await client.write('21.5');
    expect(await server.get('1').readline()).toBe('21.5');
    await server.get('1').write('on');
    expect(made.map(({ name, options }) => [name, options!.attributes])).toEqual([
      ['iot.read', { client: '1' }],
      ['iot.write', { client: '1' }],
    ]);
  });

  it('is made of no line once it is disposed of', async () => {
    await using server = await listen(local);
    observe(server, { spans: true })[Symbol.dispose]();
    await using _client = await clientOf(server, '1');
    await server.get('1').write('on');
    expect(made).toEqual([]);
  });
});
