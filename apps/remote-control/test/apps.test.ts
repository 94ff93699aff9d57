import { setImmediate as turn } from 'node:timers/promises';
import { tryAgain } from '@iot/app-kit';
import { dial, serve, TestLog } from '@iot/app-kit/testing';
import type { Client } from '@iot/client';
import { startFaultProxy, type FaultProxy } from '@iot/fault-proxy';
import type { Server } from '@iot/server';
import { News } from '@iot/vitest-config/news';
import { ownPort, type OwnPort } from '@iot/vitest-config/ports';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Toggle } from '../src/button.js';
import type { Led } from '../src/led.js';
import { showOn } from '../src/rx-app.js';
import { passOn } from '../src/server-app.js';
import { sendState } from '../src/tx-app.js';

const TIMEOUT = 500;
/**
 * Of eight lines in a row the library repeats one until it is acked (docs/PROTOCOL.md section 3, Keepers). After
 * `startAll` that is the fifth press, which switches on; an even number of presses leaves the LED as it was, so that a
 * replay shows.
 */
const SURELY_A_KEEPER = 10;

class TestLed implements Led {
  readonly shown: boolean[] = [];
  readonly #news = new News();

  show(on: boolean): void {
    this.shown.push(on);
    this.#news.tell();
  }

  /** Waits until it has been switched so often. */
  async has(count: number): Promise<void> {
    await this.#news.until(() => this.shown.length >= count);
  }
}

/** What an app fails with after the end of the test was the test's doing. */
function background(app: Promise<void>): void {
  app.catch(() => undefined);
}

function listen(at: OwnPort): Promise<Server> {
  return serve({ ...at, timeout: TIMEOUT, expected: ['tx', 'rx'] });
}

/** On a port of its own, or where the last one was. */
async function startServer(last?: OwnPort) {
  const at = last ?? (await ownPort());
  const server = await listen(at);
  const log = { tx: new TestLog(), rx: new TestLog() };
  background(passOn(server, log));
  return { server, log, at };
}

/** A client without an app, in place of a board. */
function board(id: string, { host, port }: OwnPort, log = new TestLog()): Client {
  return dial(port, { id, host, timeout: TIMEOUT, badServer: tryAgain(log) });
}

function startTx(at: OwnPort) {
  const [button, log] = [new Toggle(), new TestLog()];
  const link = board('tx', at, log);
  background(sendState(button, link, log));
  return { button, link, log };
}

function startRx(at: OwnPort) {
  const [led, log] = [new TestLed(), new TestLog()];
  const link = board('rx', at, log);
  background(showOn(led, link, log));
  return { led, link, log };
}

async function proxyTo(to: OwnPort): Promise<FaultProxy> {
  const proxy = await startFaultProxy({ to });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** All three, with a proxy in front of each client; the LED is off, and what they told so far is forgotten. */
async function startAll() {
  const server = await startServer();
  const proxies = { tx: await proxyTo(server.at), rx: await proxyTo(server.at) };
  const rx = startRx(proxies.rx);
  const tx = startTx(proxies.tx);
  // Until the first line of a session is acked nothing else goes out: by the end of this it is.
  for (let shown = 1; shown <= 3; shown++) {
    await rx.led.has(shown);
    if (shown < 3) tx.button.press();
  }
  await server.log.tx.has('notes', 3);
  rx.led.shown.length = 0;
  server.log.tx.all.notes.length = 0;
  return { server, proxies, rx, tx };
}

/** One after the other, each on its way before the next. */
async function press(button: Toggle, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    button.press();
    await turn();
  }
}

/** Resolves when all has come to rx that the server has sent to it. */
async function fence(server: Server, log: TestLog): Promise<void> {
  await server.get('rx').write('the end');
  await log.has('nonsense', 1);
}

it('a press switches the LED on, the next one switches it off', async () => {
  const { tx, rx } = await startAll();
  tx.button.press();
  await rx.led.has(1);
  tx.button.press();
  await rx.led.has(2);
  expect(rx.led.shown).toEqual([true, false]);
});

describe.each(['tx', 'rx'] as const)('in an outage of %s', (id) => {
  it('no press is replayed, and the state of the moment comes when it ends', async () => {
    const { server, proxies, tx, rx } = await startAll();
    const down = (id === 'tx' ? tx.log : server.log.rx).changes(1);
    proxies[id].stall();
    await down;
    await press(tx.button, 3);
    proxies[id].resume();
    await rx.led.has(1);
    tx.button.press(); // comes after whatever would have been replayed
    await rx.led.has(2);
    expect(rx.led.shown).toEqual([true, false]);
  });

  it('that has not been noticed yet it is the same, though the library repeats one line in eight', async () => {
    const { server, proxies, tx, rx } = await startAll();
    const upAgain = (id === 'tx' ? tx.log : server.log.rx).changes(2);
    proxies[id].stall(id === 'tx' ? 'toServer' : 'toClient');
    await press(tx.button, SURELY_A_KEEPER);
    if (id === 'rx') await server.log.tx.has('notes', SURELY_A_KEEPER);
    proxies[id].cut('rst');
    proxies[id].resume();
    await upAgain;
    tx.button.press();
    await rx.led.has(1);
    await fence(server.server, rx.log);
    expect(rx.led.shown).toEqual([true]);
  });
});

describe('a restart', () => {
  it('of rx: it gets the state of the moment', async () => {
    const { server, proxies, tx, rx } = await startAll();
    await rx.link.close();
    await press(tx.button, 5);
    await server.log.tx.has('notes', 5);
    const { led } = startRx(proxies.rx);
    await led.has(1);
    tx.button.press();
    await led.has(2);
    expect(led.shown).toEqual([true, false]);
  });

  it('of rx that has not been noticed yet: the same, without the lines that the library repeats', async () => {
    const { server, proxies, tx, rx } = await startAll();
    proxies.rx.stall('toClient');
    await press(tx.button, SURELY_A_KEEPER);
    await server.log.tx.has('notes', SURELY_A_KEEPER);
    await rx.link.close();
    proxies.rx.cut('rst');
    proxies.rx.resume();
    const { led, log } = startRx(proxies.rx);
    await led.has(1);
    tx.button.press();
    await led.has(2);
    await fence(server.server, log);
    expect(led.shown).toEqual([false, true]);
  });

  it('of tx: its first state is news, though it counts from the start again', async () => {
    const { proxies, tx, rx } = await startAll();
    await press(tx.button, 3);
    await rx.led.has(3);
    await tx.link.close();
    startTx(proxies.tx);
    await rx.led.has(4);
    expect(rx.led.shown).toEqual([true, false, true, false]);
  });

  it('of the server: both clients come back to it', async () => {
    const { server, log, at } = await startServer();
    const rx = startRx(at);
    const tx = startTx(at);
    await rx.led.has(1);
    const down = tx.log.changes(1);
    await server.close();
    await down;
    tx.button.press();
    await startServer(at);
    await rx.led.has(2);
    expect(rx.led.shown).toEqual([false, true]);
    expect(log.rx.all.notes).toEqual(['both clients are here']);
  });

  it('of the server that has not been noticed yet: nothing of what was pressed meanwhile is replayed', async () => {
    const { server, proxies, tx, rx } = await startAll();
    proxies.tx.stall('toServer');
    await press(tx.button, SURELY_A_KEEPER);
    await server.server.close();
    proxies.tx.cut('rst');
    proxies.tx.resume();
    const next = await startServer(server.at);
    await next.log.tx.has('notes', 1); // the state of the moment
    await next.log.rx.has('notes', 1); // both are there
    tx.button.press();
    await rx.led.has(1);
    await fence(next.server, rx.log);
    expect(next.log.tx.all.notes).toEqual(['is off', 'is on']);
    expect(rx.led.shown).toEqual([true]);
  });
});

it('what is pressed before rx has come is not replayed to it', async () => {
  const { log, at } = await startServer();
  const tx = startTx(at);
  for (let told = 1; told <= 5; told++) {
    await log.tx.has('notes', told);
    if (told < 5) tx.button.press();
  }
  const rx = startRx(at);
  await rx.led.has(1);
  tx.button.press();
  await rx.led.has(2);
  expect(rx.led.shown).toEqual([false, true]);
});

describe('a late, stale state does not override a newer one', () => {
  it('on its way from tx to the server', async () => {
    const { log, at } = await startServer();
    const { led } = startRx(at);
    const tx = board('tx', at);
    for (const line of ['[1,1,7]', '[0,3,7]', '[1,2,7]', '[1,3,7]', 'the end']) await tx.write(line);
    await log.tx.has('nonsense', 1);
    expect(log.tx.all.notes).toEqual(['is off', 'is on']);
    await led.has(1);
    expect(led.shown.at(-1)).toBe(true);
  });

  it('on its way from the server to rx', async () => {
    const at = await ownPort();
    const server = await listen(at);
    const { led, log } = startRx(at);
    const rx = await server.client('rx');
    for (const line of ['[1,1,7]', '[0,3,7]', '[1,2,7]', '[1,3,7]', 'the end']) await rx.write(line);
    await log.has('nonsense', 1);
    expect(led.shown).toEqual([false, true]);
  });
});

describe('a board', () => {
  it('can be tx: it sends the level of its pin, low while the button is pressed', async () => {
    const { log, at } = await startServer();
    const { led } = startRx(at);
    const tx = board('tx', at);
    for (const line of ['[0]', '[1]', '[false]', '[true]', '["on"]']) {
      await tx.write(line, { qos: false });
    }
    await log.tx.has('nonsense', 1);
    await led.has(1);
    expect(log.tx.all.notes).toEqual(['is on', 'is off', 'is on', 'is off']);
    expect(log.tx.all.nonsense).toEqual(['["on"]']);
  });

  it('can be rx: it gives the first number to the pin of its LED, which lights when it is low', async () => {
    const { at } = await startServer();
    const rx = board('rx', at);
    const tx = startTx(at);
    expect(await rx.readline()).toMatch(/^\[1,1,\d+\]$/);
    tx.button.press();
    expect(await rx.readline()).toMatch(/^\[0,2,\d+\]$/);
  });
});

it('tx and rx say that the server is not there, and find it once it is', async () => {
  const at = await ownPort();
  const tx = startTx(at);
  const rx = startRx(at);
  await tx.log.has('trouble', 1);
  await rx.log.has('trouble', 1);
  tx.button.press();
  for (const { all } of [tx.log, rx.log]) {
    expect(all.trouble[0]).toMatch(/ECONNREFUSED.*Trying again until it answers\.$/);
  }
  await startServer(at);
  await rx.led.has(1);
  expect(rx.led.shown).toEqual([true]);
});
