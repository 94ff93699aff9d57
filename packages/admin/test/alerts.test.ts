import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Clock } from '@iot/connection';
import { listen, type ListenOptions, type Server } from '@iot/server';
import { News } from '@iot/vitest-config/news';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Delivery } from '../src/alerts/delivery.js';
import { attachAdmin, type Alert, type AlertOptions } from '../src/index.js';
import { startAdmin } from '../src/attach.js';
import { LIMITS } from '../src/limits.js';
import { ask } from './asking.js';
import { local } from './fleet.js';
import { samplesOf } from './prometheus.js';

afterEach(() => {
  vi.useRealTimers();
});

/** Alerts in the order in which they came. */
class Told {
  readonly alerts: Alert[] = [];
  readonly #news = new News();

  readonly tell = (alert: Alert): void => {
    this.alerts.push(alert);
    this.#news.tell();
  };

  /** Waits until this number of them is there; without their times. */
  async reach(count: number): Promise<object[]> {
    await this.#news.until(() => this.alerts.length >= count);
    return this.alerts.map(({ at, ...alert }) => {
      expect(at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
      return alert;
    });
  }
}

const SILENT = 3_600_000;

/** A server whose clients are watched, in a time that passes only by the test; links do not end by themselves. */
async function watched(alerts: Omit<AlertOptions, 'to'>, options: ListenOptions = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const server = await listen({ ...local, timeout: 2 ** 30, forgetAfterMs: 2 ** 31 - 1, ...options });
  const told = new Told();
  const admin = await attachAdmin(server, { ...local, alerts: { ...alerts, to: told.tell } });
  return { server, admin, told };
}

/** A client comes. */
async function come(server: Server, id: string) {
  const up = server.once('up');
  const socket = connect(server.address.port, '127.0.0.1');
  socket.write(`${id}\n\n`);
  await up;
  return socket;
}

/** A client comes and goes. */
async function visit(server: Server, id: string): Promise<void> {
  const socket = await come(server, id);
  const down = server.once('down');
  socket.end();
  await down;
}

async function refused(server: Server, hello: string): Promise<void> {
  const event = server.once('refused');
  const socket = connect(server.address.port, '127.0.0.1');
  socket.on('error', () => undefined).write(hello);
  await event;
  socket.destroy();
}

describe('a client that is silent', () => {
  it('is told of once, when it has been down for longer than the time, and when it is back', async () => {
    const { server, admin, told } = await watched({ silentForMs: SILENT });
    await using _server = server;
    await using _admin = admin;
    await visit(server, '1');
    vi.advanceTimersByTime(SILENT - 10);
    expect(told.alerts).toEqual([]);
    vi.advanceTimersByTime(20);
    expect(await told.reach(1)).toMatchObject([{ kind: 'silent', id: '1' }]);
    vi.advanceTimersByTime(3 * SILENT);
    const back = await come(server, '1');
    expect((await told.reach(2))[1]).toEqual({ kind: 'back', id: '1' });
    back.destroy();
  });

  it('is not told of when it is up again in time, or was forgotten', async () => {
    const { server, admin, told } = await watched({ silentForMs: SILENT });
    await using _server = server;
    await using _admin = admin;
    await visit(server, '1');
    await visit(server, '2');
    await visit(server, '3');
    vi.advanceTimersByTime(SILENT / 2);
    const socket = await come(server, '1');
    await server.forget('2');
    vi.advanceTimersByTime(SILENT);
    expect(await told.reach(1)).toMatchObject([{ kind: 'silent', id: '3' }]);
    expect(told.alerts).toHaveLength(1);
    socket.destroy();
  });

  it('is told of too when it was down before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    await using server = await listen({ ...local, timeout: 2 ** 30, forgetAfterMs: 2 ** 31 - 1 });
    await visit(server, '1');
    const told = new Told();
    const alerts = { silentForMs: SILENT, to: told.tell };
    await using _admin = await attachAdmin(server, { ...local, alerts });
    vi.advanceTimersByTime(SILENT + 10);
    expect(await told.reach(1)).toMatchObject([{ kind: 'silent', id: '1' }]);
  });
});

describe('a client that flaps', () => {
  it('is told of when its links have ended so often within the time, once in that time', async () => {
    const { server, admin, told } = await watched({ flaps: { count: 3, withinMs: 60_000 } });
    await using _server = server;
    await using _admin = admin;
    for (const id of ['1', '2', '1', '2', '1', '1', '1']) await visit(server, id);
    expect(await told.reach(1)).toEqual([{ kind: 'flaps', id: '1', outages: 3, withinMs: 60_000 }]);
    vi.advanceTimersByTime(60_001);
    for (let visits = 0; visits < 2; visits++) await visit(server, '1');
    expect(told.alerts).toHaveLength(1);
    await visit(server, '1');
    expect(await told.reach(2)).toHaveLength(2);
  });

  it('is not told of when its links end less often', async () => {
    const { server, admin, told } = await watched({ flaps: { count: 2, withinMs: 60_000 } });
    await using _server = server;
    await using _admin = admin;
    for (let visits = 0; visits < 3; visits++) {
      await visit(server, '1');
      vi.advanceTimersByTime(60_001);
    }
    await visit(server, '2');
    await visit(server, '2');
    expect(await told.reach(1)).toMatchObject([{ kind: 'flaps', id: '2' }]);
  });
});

describe('a newcomer that is refused', () => {
  it('is told of once a minute for the same reason and id', async () => {
    const { server, admin, told } = await watched(
      { refused: true },
      { authorize: ({ id }) => `revoked ${id}` },
    );
    await using _server = server;
    await using _admin = admin;
    for (const id of ['1', '1', '2']) await refused(server, `${id}\n`);
    vi.advanceTimersByTime(60_000);
    await refused(server, '1\n');
    const one = {
      kind: 'refused',
      id: '1',
      address: '127.0.0.1',
      reason: 'not-authorized',
      detail: 'revoked 1',
    };
    expect(await told.reach(3)).toEqual([one, { ...one, id: '2', detail: 'revoked 2' }, one]);
  });

  it('is told of ten times a minute at most, whatever ids come', async () => {
    const { server, admin, told } = await watched({ refused: true }, { admit: 'expected' });
    await using _server = server;
    await using _admin = admin;
    for (let id = 0; id < 15; id++) await refused(server, `${id}\n`);
    expect(await told.reach(10)).toHaveLength(10);
    vi.advanceTimersByTime(60_000);
    await refused(server, 'last\n');
    expect((await told.reach(11)).at(-1)).toMatchObject({ id: 'last' });
  });
});

const ALERT: Alert = { kind: 'back', at: '2026-01-01T00:00:00.000Z', id: '1' };

describe('an alert', () => {
  it('that cannot be delivered is tried again after 1, 2, 4 and 8 s, and then given up', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    let time = 0;
    const clock: Clock = {
      now: () => time,
      at: (due, callback) => {
        queueMicrotask(() => {
          time = due;
          callback();
        });
        return () => undefined;
      },
      nextTurn: () => () => undefined,
    };
    const tries: string[] = [];
    const results: string[] = [];
    const news = new News();
    const to = ({ kind }: Alert) => {
      tries.push(`${kind} at ${time}`);
      throw new Error('no network');
    };
    const delivery = new Delivery(to, clock, LIMITS, (result) => {
      results.push(result);
      news.tell();
    });
    delivery.send(ALERT);
    delivery.send(ALERT);
    await news.until(() => results.length === 2);
    expect(tries.slice(0, 6)).toEqual([0, 1000, 3000, 7000, 15_000, 15_000].map((at) => `back at ${at}`));
    expect([tries.length, ...results]).toEqual([10, 'failed', 'failed']);
    expect(warned.mock.calls).toEqual([['alerts of @iot/admin are not delivered: Error']]);
    warned.mockRestore();
  });

  it('beyond the bound of the queue is dropped, and all are counted in the metrics', async () => {
    await using server = await listen({ ...local, admit: 'expected' });
    let free: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (free = resolve));
    const told = new Told();
    const to = async (alert: Alert) => {
      await held;
      told.tell(alert);
    };
    const limits = { ...LIMITS, alerts: 2 };
    await using admin = await startAdmin(server, { ...local, alerts: { refused: true, to } }, limits);
    for (const id of ['1', '2', '3']) await refused(server, `${id}\n`);
    free();
    expect(await told.reach(2)).toMatchObject([{ id: '1' }, { id: '2' }]);
    expect(samplesOf((await ask(admin, '/metrics')).body as string)).toMatchObject({
      'iot_alerts_total{result="delivered"}': 2,
      'iot_alerts_total{result="failed"}': 0,
      'iot_alerts_total{result="dropped"}': 1,
    });
  });

  /** A webhook that answers each alert with the next of these statuses; 0 breaks the socket. */
  async function webhook(statuses: number[]) {
    const got = new Told();
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      expect([request.method, request.headers['content-type']]).toEqual(['POST', 'application/json']);
      const alert = (await json(request)) as Alert;
      const status = statuses.shift() ?? 200;
      if (status === 0) request.socket.destroy();
      else response.writeHead(status, { location: '/other' }).end();
      got.tell(alert);
    };
    const http = createServer((request, response) => void answer(request, response));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/hook?secret=1`;
    const close = () => {
      http.closeAllConnections();
      http.close();
    };
    return { url, got, [Symbol.dispose]: close };
  }

  it('is posted to a webhook, again when that fails', async () => {
    using hook = await webhook([503, 0, 429, 204]);
    await using server = await listen({ ...local, admit: 'expected' });
    const limits = { ...LIMITS, alertRetryMs: 1 };
    const alerts = { refused: true, to: hook.url };
    await using _admin = await startAdmin(server, { ...local, alerts }, limits);
    await refused(server, '1\n');
    const told = await hook.got.reach(4);
    await refused(server, '2\n');
    const one = { kind: 'refused', id: '1', address: '127.0.0.1', reason: 'not-expected' };
    expect(await hook.got.reach(5)).toEqual([...told, { ...one, id: '2' }]);
    expect(told).toEqual([one, one, one, one]);
  });

  it('is not posted again to a webhook that does not take it, and the warning has no secret', async () => {
    const warning = once(process, 'warning');
    using hook = await webhook([302, 404]);
    await using server = await listen({ ...local, admit: 'expected' });
    const alerts = { refused: true, to: new URL(hook.url) };
    await using _admin = await attachAdmin(server, { ...local, alerts });
    for (const id of ['1', '2', '3']) await refused(server, `${id}\n`);
    expect(await hook.got.reach(3)).toMatchObject([{ id: '1' }, { id: '2' }, { id: '3' }]);
    const [{ message }] = (await warning) as [Error];
    expect(message).toBe('alerts of @iot/admin are not delivered: the webhook answers 302');
  });

  it('on its way is given up when the interface is closed', async () => {
    await using server = await listen({ ...local, admit: 'expected' });
    const told = new Told();
    const to = (alert: Alert) => {
      told.tell(alert);
      throw new Error('no network');
    };
    const admin = await attachAdmin(server, { ...local, alerts: { refused: true, to } });
    await refused(server, '1\n');
    await told.reach(1);
    await admin.close();
    await refused(server, '2\n');
    expect(told.alerts).toHaveLength(1);
  });
});

describe('the option alerts', () => {
  it.each<[string, object]>([
    ['nothing to tell', { to: () => undefined }],
    ['no one to tell', { refused: true }],
    ['a file', { refused: true, to: 'file:///alerts' }],
    ['a text that is not a URL', { refused: true, to: 'http://' }],
    ['a time of 0', { silentForMs: 0, to: () => undefined }],
    ['one outage', { flaps: { count: 1, withinMs: 1000 }, to: () => undefined }],
    ['flaps without a time', { flaps: { count: 2 }, to: () => undefined }],
    ['flaps with another name', { flaps: { count: 2, withinMs: 1, within: 1 }, to: () => undefined }],
    ['refused as a word', { refused: 'yes', to: () => undefined }],
    ['a name that there is none of', { refused: true, silent: 1, to: () => undefined }],
  ])('refuses %s', async (_, alerts) => {
    await using server = await listen(local);
    const options = { ...local, alerts: alerts as AlertOptions };
    await expect(attachAdmin(server, options)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  });
});
