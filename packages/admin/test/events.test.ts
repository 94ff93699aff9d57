import type { IncomingMessage } from 'node:http';
import { listen } from '@iot/server';
import { News } from '@iot/vitest-config/news';
import { describe, expect, it } from 'vitest';
import { attachAdmin, type Admin } from '../src/index.js';
import { startAdmin } from '../src/attach.js';
import { EventLog } from '../src/event-log.js';
import { LIMITS } from '../src/limits.js';
import { ask, begin, checkBody, codeOf, described } from './asking.js';
import { clientOf, local } from './fleet.js';

interface Told {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

function disposable(it: IncomingMessage) {
  return { it, [Symbol.dispose]: () => void it.destroy() };
}

/** A reader of `/events`. */
class Reader implements Disposable {
  /** What came, as it came. */
  text = '';
  readonly #response: IncomingMessage;
  readonly #news = new News();
  isOver = false;

  static async open(admin: Admin, path = '/events', headers = {}): Promise<Reader> {
    const response = await begin(admin, path, { headers });
    expect(response.statusCode).toBe(200);
    const reader = new Reader(response);
    await reader.#news.until(() => reader.text.startsWith('retry: 1000\n\n'));
    return reader;
  }

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
      this.#news.tell();
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      this.isOver = true;
      this.#news.tell();
    });
  }

  get events(): Told[] {
    return this.text
      .split('\n\n')
      .slice(1, -1)
      .filter((block) => !block.startsWith(':'))
      .map((block) => {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        return { id: field('id'), event: field('event')!, data: JSON.parse(field('data')!) as unknown };
      });
  }

  /** The events, without ids and times, once there are this number of them. */
  async read(count: number): Promise<unknown[]> {
    await this.#news.until(() => this.events.length >= count);
    return this.events.map(({ event, data }) => {
      const { at, ...others } = data as { at?: string };
      if (event !== 'missed') expect(at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
      return [event, others];
    });
  }

  async comments(): Promise<void> {
    await this.#news.until(() => this.text.includes('\n\n:\n\n'));
  }

  async over(): Promise<void> {
    await this.#news.until(() => this.isOver);
  }

  [Symbol.dispose](): void {
    this.#response.destroy();
  }
}

describe('GET /events', () => {
  it('reports what happens as it happens', async () => {
    await using server = await listen({
      ...local,
      onDuplicate: 'reject',
      expected: ['1'],
      admit: 'expected',
    });
    await using admin = await attachAdmin(server, local);
    using reader = await Reader.open(admin);
    await using client = await clientOf(server, '1');
    await expect(clientOf(server, '2')).rejects.toMatchObject({ cause: { code: 'ERR_REFUSED' } });
    await expect(clientOf(server, '1')).rejects.toMatchObject({ cause: { code: 'ERR_DUPLICATE' } });
    await client.write('both ends know each other now');
    await client.close();
    if (server.get('1').status) await server.once('down');
    await server.forget('1');
    const address = '127.0.0.1';
    expect(await reader.read(6)).toEqual([
      ['up', { id: '1', address }],
      ['refused', { id: '2', reason: 'not-expected', address }],
      ['duplicate', { id: '1', address }],
      ['refused', { id: '1', reason: 'duplicate', address }],
      ['down', { id: '1', reason: 'told', told: 'closed by the application' }],
      ['gone', { id: '1' }],
    ]);
    checkBody(described('GET', '/events', 200), 'text/event-stream', reader.text);
  });

  it('gives a reader that comes back what it has missed', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, local);
    using first = await Reader.open(admin);
    await using _one = await clientOf(server, '1');
    await first.read(1);
    await using _two = await clientOf(server, '2');
    await using _three = await clientOf(server, '3');
    const headers = { 'last-event-id': first.events[0]!.id };
    using again = await Reader.open(admin, '/events', headers);
    await using _four = await clientOf(server, '4');
    expect((await again.read(3)).map((it) => (it as [string, object])[1])).toMatchObject([
      { id: '2' },
      { id: '3' },
      { id: '4' },
    ]);
  });

  it('reports to a reader that it has missed what is not kept any more', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, { ...LIMITS, events: 2 });
    using first = await Reader.open(admin);
    for (const id of ['1', '2', '3', '4']) await (await clientOf(server, id)).close();
    await first.read(8);
    const [oldest] = first.events;
    for (const id of [oldest!.id!, 'other-process-7', 'x', '']) {
      using again = await Reader.open(admin, '/events', { 'last-event-id': id });
      expect((await again.read(3)).map((it) => (it as string[])[0])).toEqual(['missed', 'up', 'down']);
    }
  });

  it('has lines for who asks, with showLines alone', async () => {
    await using server = await listen(local);
    await using open = await attachAdmin(server, { ...local, showLines: true });
    await using shy = await attachAdmin(server, local);
    expect(codeOf(await ask(shy, '/events?lines=true'))).toEqual([403, 'lines-not-shown']);
    expect(codeOf(await ask(open, '/events?lines=1'))).toEqual([400, 'bad-query']);
    using lines = await Reader.open(open, '/events?lines=true');
    using others = await Reader.open(open);
    await using client = await clientOf(server, '1');
    await client.write('hello');
    await server.get('1').readline();
    await server.get('1').write('answer');
    await server.disconnect('1', 'test');
    const line = { id: '1', direction: 'received', text: 'hello' };
    expect((await lines.read(4)).slice(1, 3)).toEqual([
      ['line', line],
      ['line', { id: '1', direction: 'sent', text: 'answer' }],
    ]);
    expect(lines.events[1]!.id).toBeUndefined();
    expect((await others.read(2)).map((it) => (it as string[])[0])).toEqual(['up', 'down']);
  });

  it('has only what is about one client for who names it, also of what was missed', async () => {
    await using server = await listen(local);
    await using admin = await attachAdmin(server, { ...local, showLines: true });
    const { lastEventId } = (await ask(admin, '/fleet')).body as { lastEventId: string };
    await using one = await clientOf(server, '1');
    await using two = await clientOf(server, '2');
    using reader = await Reader.open(admin, '/events?lines=true&client=2', {
      'last-event-id': lastEventId,
    });
    for (const client of [one, two]) {
      await client.write('hello');
      await server.get(client.id).readline();
    }
    await server.disconnect('1', 'test');
    await server.disconnect('2', 'test');
    expect(await reader.read(3)).toEqual([
      ['up', { id: '2', address: '127.0.0.1' }],
      ['line', { id: '2', direction: 'received', text: 'hello' }],
      ['down', { id: '2', reason: 'closed' }],
    ]);
  });

  it('ends the stream of a reader that does not read', async () => {
    await using server = await listen(local);
    const limits = { ...LIMITS, streams: 1, streamBytes: 100_000 };
    await using admin = await startAdmin(server, { ...local, showLines: true }, limits);
    const idle = await begin(admin, '/events?lines=true');
    idle.pause().on('error', () => undefined);
    await using client = await clientOf(server, '1');
    void (async () => {
      for await (const _ of client);
    })();
    const isDropped = async () => {
      using response = disposable(await begin(admin, '/events'));
      return response.it.statusCode === 200;
    };
    const line = 'x'.repeat(60_000);
    let sent = 0;
    for (; !(await isDropped()); sent++) await server.get('1').write(line);
    expect(sent).toBeGreaterThan(1);
    idle.destroy();
  });

  it('goes on for a reader that reads, though more than the bound comes at once', async () => {
    await using server = await listen(local);
    const limits = { ...LIMITS, streamBytes: 1000 };
    await using admin = await startAdmin(server, { ...local, showLines: true }, limits);
    using reader = await Reader.open(admin, '/events?lines=true');
    await using _client = await clientOf(server, '1');
    const lines = Array.from({ length: 20 }, (_, index) => `${index} ${'x'.repeat(500)}`);
    await Promise.all(lines.map((line) => server.get('1').write(line)));
    expect((await reader.read(21)).slice(1)).toEqual(
      lines.map((text) => ['line', { id: '1', direction: 'sent', text }]),
    );
  });

  it('sends a comment now and then, and refuses one stream too many', async () => {
    await using server = await listen(local);
    await using admin = await startAdmin(server, local, { ...LIMITS, streams: 1, heartbeatMs: 5 });
    using reader = await Reader.open(admin);
    expect(codeOf(await ask(admin, '/events'))).toEqual([503, 'too-many-streams']);
    await reader.comments();
  });

  it('ends when the interface is closed', async () => {
    await using server = await listen(local);
    const admin = await attachAdmin(server, local);
    using reader = await Reader.open(admin);
    await admin.close();
    await reader.over();
  });
});

describe('a log of events', () => {
  it('gives what came since an event, in order, however often it has gone round', () => {
    const log = new EventLog(3);
    const ids: string[] = [];
    log.follow(({ id }) => ids.push(id));
    for (let count = 1; count <= 8; count++) {
      log.add('up', { count });
      for (const [back, id] of ids.toReversed().entries()) {
        const { events, hasMissed } = log.since(id);
        expect(events.map((event) => event.id)).toEqual(ids.slice(ids.length - Math.min(back, 3)));
        expect(hasMissed).toBe(back > 3);
      }
    }
  });
});
