/** Every ```ts block of the guide runs: a client's against a server that answers, a server's with boards that speak. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as admin from '@iot/admin';
import * as client from '@iot/client';
import * as node from '@iot/connection/node';
import * as boardEnd from '@iot/i2c-link/board';
import * as bridgeEnd from '@iot/i2c-link/bridge';
import * as linkTesting from '@iot/i2c-link/testing';
import * as server from '@iot/server';
import * as keys from '@iot/server/keys';
import { levelStore } from '@iot/store-level';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { News } from '@iot/vitest-config/news';
import { ownPort } from '@iot/vitest-config/ports';
import { snippets, type Snippet } from '@iot/vitest-config/readme';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readDocument } from '../src/markdown.js';

const of = (page: string) => snippets(new URL(`../../../docs/guide/${page}.md`, import.meta.url));

/** On a busy machine an answer may be late: no link here ends over that. */
const steady = { host: '127.0.0.1', timeout: 60_000 };

/** Lines in the order in which they were noted. */
class Notes {
  readonly lines: string[] = [];
  readonly #news = new News();

  readonly note = (...words: unknown[]): void => {
    this.lines.push(words.join(' '));
    this.#news.tell();
  };

  /** Waits until there are this many. */
  async reach(count: number): Promise<void> {
    await this.#news.until(() => this.lines.length >= count);
  }

  /** Waits until this one is there, or is there this often. */
  async includes(line: string, count = 1): Promise<void> {
    await this.#news.until(() => this.lines.filter((it) => it === line).length >= count);
  }
}

const consoleOf = ({ note }: Notes) => ({ log: note, error: note });

/** Runs a client's snippet against a server that answers the first line of each client. */
async function runClient(snippet: Snippet, modules: Record<string, object> = {}) {
  await using running = await server.listen({ ...steady, port: 0 });
  const heard: string[] = [];
  running.on('client', (board) => {
    void (async () => {
      for await (const line of board) {
        if (heard.push(line) === 1) void board.write(`got ${line}`);
      }
    })();
  });
  const { port } = running.address;
  const connect = (options: client.ConnectOptions) => client.connect({ ...options, ...steady, port });
  const openBoard = (options: boardEnd.BoardOptions) =>
    boardEnd.openBoard({ ...options, ...steady, port, exchangeIntervalMs: 5 });
  const printed = new Notes();
  const given = {
    '@iot/client': { ...client, connect },
    '@iot/i2c-link/board': { ...boardEnd, openBoard },
    '@iot/i2c-link/bridge': bridgeEnd,
    ...modules,
  };
  await snippet.run({ modules: given, globals: { console: consoleOf(printed) } });
  return { heard, printed: printed.lines };
}

interface RunServerOptions {
  readonly globals?: Record<string, unknown>;
  readonly absent?: readonly string[];
  readonly modules?: Record<string, object>;
}

/** Runs a server's snippet with a board for each expected id that is not absent: it says its lines and takes what it is told. */
function runServer(
  snippet: Snippet,
  says: string | readonly string[],
  { globals = {}, absent = [], modules: others = {} }: RunServerOptions = {},
) {
  const [told, printed, logged] = [new Notes(), new Notes(), new Notes()];
  let start: (running: server.Server) => void;
  const started = new Promise<server.Server>((resolve) => (start = resolve));
  const listen = async (options: server.ListenOptions) => {
    const running = await server.listen({ ...options, ...steady, port: 0 });
    for (const id of options.expected ?? []) {
      if (absent.includes(id)) continue;
      const board = client.connect({ id, ...steady, port: running.address.port });
      onTestFinished(() => board.close());
      for (const line of [says].flat()) void board.write(line);
      board.readline().then(
        (line) => told.note(`${id}: ${line}`),
        () => undefined,
      );
    }
    start(running);
    return running;
  };
  const note = (fields: object, message: string) => logged.note(message);
  const pino = { pino: () => ({ debug() {}, info: note, warn: note, error: note }) };
  const modules = { '@iot/server': { ...server, listen }, pino, ...others };
  const finished = snippet.run({ modules, globals: { console: consoleOf(printed), ...globals } });
  return { finished, started, told, printed, logged };
}

/** A `process` for a snippet, and how to send it a signal. */
function signalled(env: Record<string, string> = {}) {
  const listeners = new Map<string, () => void>();
  const once = (signal: string, listener: () => void) => listeners.set(signal, listener);
  return { process: { env, once, on: once }, signal: (name: string) => listeners.get(name)!() };
}

/** Closes a server whose last answers are on their way. */
async function end(running: server.Server) {
  await Promise.all([...running.clients].map((board) => board.drain()));
  await running.close();
}

describe('a board to a server', () => {
  const [one, several, dial, abort, ...others] = of('2-a-board-to-a-server');

  it('has no snippet that is not run', () => expect(others).toEqual([]));

  it('the server of one board answers it, and goes on after a line that is not a reading', async () => {
    const says = ['hi', 'null', '{"temperature":26.5}'];
    const { finished, started, told, printed } = runServer(one!, says);
    await told.reach(1);
    await end(await started);
    await finished;
    expect(told.lines).toEqual(['cellar: fan on']);
    expect(printed.lines.slice(1)).toEqual([
      'cellar: no reading: hi',
      'cellar: no reading: null',
      'cellar: 26.5 °C',
    ]);
  });

  it('the server of several boards hears them all', async () => {
    const { finished, started, printed } = runServer(several!, 'hi');
    await printed.reach(2);
    await end(await started);
    await finished;
    expect(printed.lines.sort()).toEqual(['attic: hi', 'cellar: hi']);
  });

  it('the client is heard and answered', async () => {
    const { heard, printed } = await runClient(dial!);
    expect(heard).toEqual(['{"temperature":26.5}']);
    expect(printed).toEqual(['up', 'got {"temperature":26.5}', 'down']);
  });

  it('the write that can be given up arrives', async () => {
    expect((await runClient(abort!)).heard).toEqual(['21.5']);
  });
});

it('outages: the client comes up, and none is counted', async () => {
  const [only, ...others] = of('3-outages');
  expect(others).toEqual([]);
  expect((await runClient(only!)).printed).toEqual(['up', 'down']);
});

it('qos and wait: every line arrives', async () => {
  const [only, ...others] = of('4-qos-and-wait');
  expect(others).toEqual([]);
  const { heard } = await runClient(only!);
  expect(heard.slice(0, 2)).toEqual(['first', 'second']);
  expect(heard.slice(2, 5).sort()).toEqual(['a', 'b', 'c']);
});

it('limits: a thousand readings arrive, one at a time', async () => {
  const [only, ...others] = of('5-limits');
  expect(others).toEqual([]);
  expect((await runClient(only!)).heard).toHaveLength(1000);
});

describe('running it for months', () => {
  const [forMonths, looking, ...others] = of('6-running-it-for-months');

  it('has no snippet that is not run', () => expect(others).toEqual([]));

  it('the server notifies systemd that it is ready, serves, and ends at SIGTERM', async () => {
    const notified = systemdNotify();
    const { process, signal } = signalled({ NOTIFY_SOCKET: '/run/notify' });
    const globals = { process };
    const { finished, started, told, printed, logged } = runServer(forMonths!, 'hi', { globals });
    await finished;
    expect(notified()).toBe('READY=1 WATCHDOG=1\n');
    await told.reach(2);
    expect(told.lines.sort()).toEqual(['attic: interval 60', 'cellar: interval 60']);
    await printed.reach(2);
    expect(printed.lines.sort()).toEqual(['attic hi', 'cellar hi']);
    expect(logged.lines).toContain('the link is up');
    const closed = new Promise<void>((resolve) => void started.then((it) => it.on('close', resolve)));
    signal('SIGTERM');
    await closed;
  });

  it('the counters of each board are shown', async () => {
    const { finished, printed } = runServer(looking!, 'hi');
    await finished;
    expect(printed.lines).toHaveLength(1);
    expect(printed.lines[0]).toMatch(/^cellar true \{"sent":0,/);
  });
});

it('boards without a network: the line crosses the channel both ways', async () => {
  const [only, ...others] = of('7-boards-without-a-network');
  expect(others).toEqual([]);
  const { heard, printed } = await runClient(only!, {
    '@iot/connection/node': node,
    '@iot/i2c-link/testing': linkTesting,
  });
  expect(heard).toEqual(['0.4']);
  expect(printed).toEqual(['got 0.4']);
});

describe('moving a fleet', () => {
  const [app, dial, ...others] = of('8-moving-a-fleet');

  it('has no snippet that is not run', () => expect(others).toEqual([]));

  it('the application serves four boards, and a bad line of one ends nothing', async () => {
    const { process } = signalled();
    const says = ['no list', '[1,2,3]'];
    const { finished, started, told, printed } = runServer(app!, says, { globals: { process } });
    await told.reach(4);
    await end(await started);
    await finished;
    expect(told.lines.sort()).toEqual(['1', '2', '3', '4'].map((id) => `${id}: [1,2,3]`));
    expect(printed.lines.sort()).toEqual(['1', '2', '3', '4'].map((id) => `${id}: no JSON: no list`));
  });

  it('the application prints on SIGUSR2 which boards are missing', async () => {
    const { process, signal } = signalled();
    const options = { globals: { process }, absent: ['2', '3'] };
    const { finished, started, told, printed } = runServer(app!, '[1,2,3]', options);
    await told.reach(2);
    signal('SIGUSR2');
    expect(printed.lines).toEqual(['missing: 2 3']);
    await end(await started);
    await finished;
  });

  it('the application ends in order at Ctrl-C while it waits for a board that has not come', async () => {
    const { process, signal } = signalled();
    const { finished, told } = runServer(app!, '[1,2,3]', { globals: { process }, absent: ['4'] });
    await told.reach(3);
    signal('SIGINT');
    await finished;
  });

  it('the client is heard', async () => {
    expect((await runClient(dial!)).heard).toEqual(['[1,2,3]']);
  });
});

describe('sessions on disk', () => {
  const [serve, dial, list, ...others] = of('9-sessions-on-disk');
  const storeIn = (folder: string) => ({ '@iot/store-level': { levelStore: () => levelStore(folder) } });

  it('has no snippet that is not run', () => expect(others).toEqual([]));

  it('the server acks what is done, and stores it', async () => {
    const folder = temporaryFolder();
    const { finished, started, printed } = runServer(serve!, ['21.5', '22'], { modules: storeIn(folder) });
    await printed.reach(2);
    await end(await started);
    await finished;
    expect(printed.lines).toEqual(['new 21.5', 'new 22']);
    await using store = await levelStore(folder);
    const stored = await store.load('cellar');
    expect(stored?.entries.filter(([, { kind }]) => kind === 'done')).toHaveLength(2);
  });

  it('the client is heard', async () => {
    expect((await runClient(dial!, storeIn(temporaryFolder()))).heard).toEqual(['21.5']);
  });

  it('the ids of a store are listed', async () => {
    const folder = temporaryFolder();
    {
      await using store = await levelStore(folder);
      for (const id of ['attic', 'cellar']) {
        await store.append(id, 0, [{ kind: 'owner', epoch: '6f3a', node: 'server-1' }]);
      }
    }
    const printed = new Notes();
    await list!.run({ modules: storeIn(folder), globals: { console: consoleOf(printed) } });
    expect(printed.lines).toEqual(['attic 1', 'cellar 1']);
  });
});

describe('who may connect', () => {
  const page = '10-who-may-connect';
  const [
    keyServer,
    keyClient,
    certificateServer,
    certificateClient,
    decision,
    balanced,
    tunnelled,
    ...others
  ] = of(page);

  it('has no snippet that is not run', () => {
    expect(others).toEqual([]);
    // That one is run in tooling/integration/test/stunnel.test.ts, with stunnel.
    expect(tunnelled!.heading).toBe('Boards without TLS');
  });

  /** Runs the shell blocks that make something, in a folder of their own. */
  function made(...contains: readonly string[]): string {
    const folder = temporaryFolder();
    const { code } = readDocument(`docs/guide/${page}.md`);
    const blocks = code.filter(({ lang, text }) => lang === 'sh' && contains.some((it) => text.includes(it)));
    expect(blocks.length).toBeGreaterThan(0);
    for (const { text } of blocks) execFileSync('sh', ['-ec', text], { cwd: folder, stdio: 'pipe' });
    return folder;
  }

  /** Runs the snippet of a server and that of its client; returns what the server printed. */
  async function talk(ofServer: Snippet, ofClient: Snippet, env: Record<string, string>, keyFile = '') {
    const printed = new Notes();
    let start: (running: server.Server) => void;
    const started = new Promise<server.Server>((resolve) => (start = resolve));
    const listen = async (options: server.ListenOptions) => {
      const tls = { ...options.tls, port: 0 } as server.TlsListenOptions;
      const running = await server.listen({ ...options, ...steady, tls });
      start(running);
      return running;
    };
    const { process, signal } = signalled(env);
    const openKeys = () => keys.openKeys(keyFile);
    const serving = ofServer.run({
      modules: { '@iot/server': { ...server, listen }, '@iot/server/keys': { openKeys } },
      globals: { console: consoleOf(printed), process },
    });
    const { port } = (await started).tlsAddress!;
    await new Promise((resolve) => setImmediate(resolve)); // the snippet goes on, and listens to signals
    signal('SIGHUP');
    if (keyFile !== '') await printed.reach(1); // that the keys were read again
    const connect = (options: client.ConnectOptions) => client.connect({ ...options, ...steady, port });
    const modules = { '@iot/client': { ...client, connect } };
    await ofClient.run({ modules, globals: { process, console: consoleOf(printed) } });
    await serving;
    return printed.lines;
  }

  it('the file of keys is made, and the server and the client that share one talk', async () => {
    const folder = made('keys.psk; done');
    const [, env] = /`(KEY=".*") node client\.mjs`/.exec(readDocument(`docs/guide/${page}.md`).text)!;
    const key = execFileSync('sh', ['-ec', `${env!}; printf %s "$KEY"`], { cwd: folder }).toString();
    expect(key).toMatch(/^[\da-f]{64}$/);
    expect(await talk(keyServer!, keyClient!, { KEY: key }, join(folder, 'keys.psk'))).toEqual([
      'read again; other keys, or none, for: ',
      'hello',
    ]);
  });

  it('openssl gets the link of a board, and hears keepalives', async () => {
    const folder = made('keys.psk; done');
    const { get: psk } = await keys.openKeys(join(folder, 'keys.psk'));
    const running = await server.listen({
      port: false,
      host: '127.0.0.1',
      tls: { port: 0, psk },
      timeout: 20_000,
    });
    onTestFinished(() => running.close());
    const { code } = readDocument(`docs/guide/${page}.md`);
    const { text: command } = code.find(({ text }) => text.includes('s_client'))!;
    const here = command.replace('192.168.0.41:8124', `127.0.0.1:${running.tlsAddress!.port}`);
    const shell = spawn('sh', ['-c', here], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    const [heard] = (await once(shell.stdout, 'data')) as [Buffer];
    expect(heard.toString()).toMatch(/^\n+$/);
    expect(running.get('cellar').connects).toBe(1);
    const ended = once(shell, 'close');
    await running.close();
    await ended;
  });

  it('the certificates are made, and the server and the client that have them talk', async () => {
    const TLS_FOLDER = made('-keyout');
    expect(await talk(certificateServer!, certificateClient!, { TLS_FOLDER })).toEqual(['hello']);
  });

  it('the server that decides lets in who comes from this machine', async () => {
    const { finished } = runServer(decision!, 'hi');
    await finished;
  });

  it('the server behind a load balancer prints the address of its client', async () => {
    const printed = new Notes();
    const listen = async (options: server.ListenOptions) => {
      expect(options.proxyProtocol).toEqual(['10.0.0.5', '10.1.0.0/16']);
      const here = { ...steady, port: 0, proxyProtocol: ['127.0.0.1'] };
      const running = await server.listen({ ...options, ...here });
      const header = '0d0a0d0a000d0a515549540a2111000cc63364077f00000112341fbb';
      const socket = dial(running.address.port, '127.0.0.1', () => {
        socket.write(Buffer.concat([Buffer.from(header, 'hex'), Buffer.from('cellar\n\n')]));
      });
      onTestFinished(() => void socket.destroy());
      return running;
    };
    const modules = { '@iot/server': { ...server, listen } };
    await balanced!.run({ modules, globals: { console: consoleOf(printed) } });
    expect(printed.lines).toEqual(['cellar is at 198.51.100.7']);
  });
});

it('outages of days: the readings are stored without a server, and arrive from the next process', async () => {
  const [only, ...others] = of('11-outages-of-days');
  expect(others).toEqual([]);
  const [folder, refused, printed] = [temporaryFolder(), await ownPort(), new Notes()];
  const connect = (options: client.ConnectOptions) => client.connect({ ...options, ...refused });
  const modules = {
    '@iot/client': { ...client, connect },
    '@iot/store-level': { levelStore: () => levelStore(folder) },
  };
  await only!.run({ modules, globals: { console: consoleOf(printed) } });
  expect(printed.lines).toEqual(['0 readings were dropped']);

  await using running = await server.listen({ ...steady, port: 0 });
  await using store = await levelStore(folder);
  await using next = client.connect({ id: 'cellar', ...steady, port: running.address.port, store });
  await next.ready();
  const board = await running.client('cellar');
  for (const temperature of [21.5, 21.6, 21.8]) {
    const { madeAt, text } = server.readTimedLine(await board.readline());
    expect(madeAt).toBeGreaterThan(Date.now() - 60_000);
    expect(JSON.parse(text)).toEqual({ temperature });
  }
});

describe('see the fleet', () => {
  const page = '12-see-the-fleet';
  const [attach, simulated, ...others] = of(page);

  it('has no snippet that is not run', () => expect(others).toEqual([]));

  it('the server shows its boards, and each command works', async () => {
    let start: (running: admin.Admin) => void;
    const attached = new Promise<admin.Admin>((resolve) => (start = resolve));
    const attachAdmin: typeof admin.attachAdmin = async (running, options) => {
      const it = await admin.attachAdmin(running, { ...options, port: 0 });
      start(it);
      return it;
    };
    const { process, signal } = signalled();
    const { finished, started, told, printed } = runServer(attach!, 'hi', {
      globals: { process },
      modules: { '@iot/admin': { attachAdmin } },
    });
    await printed.reach(2);
    await finished;
    const { port } = (await attached).address;
    const { code } = readDocument(`docs/guide/${page}.md`);
    const commands = code
      .filter(({ lang }) => lang === 'sh')
      .flatMap((block) => block.text.trim().split('\n'));
    const output: string[] = [];
    for (const command of commands.filter((it) => it.startsWith('curl'))) {
      const shell = spawn('sh', ['-c', `exec ${command.replaceAll(':9123', `:${port}`)}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      // A stream does not end by itself.
      if (command.includes('/events')) shell.stdout.once('data', () => shell.kill());
      output.push(await text(shell.stdout));
    }
    expect(output).toEqual([
      expect.stringMatching(/^\{"total":2,"clients":\[/),
      expect.stringMatching(/^\{"id":"cellar","up":true,.*"outages":\[\]\}$/),
      '{"total":0,"outages":[]}',
      expect.stringMatching(/^\{"at":.*"clients":2,/),
      expect.stringMatching(/^retry: /),
      '{"acked":true}',
      '{"disconnected":true}',
      expect.stringMatching(/^iot_links_up [12]$/m),
      expect.stringMatching(/^\{"total":2,"clients":\[/),
    ]);
    await told.reach(1);
    expect(told.lines).toEqual(['cellar: fan on']);
    signal('SIGTERM');
    await (
      await started
    ).closed;
  });

  it('the simulated fleet answers its boards, and has one whose connections are reset and made again', async () => {
    const boards: client.Client[] = [];
    const [ups, downs, said] = [new Notes(), new Notes(), new Notes()];
    let bad: string | undefined;
    let running: server.Server | undefined;
    let attached: admin.Admin | undefined;
    const modules = {
      '@iot/admin': {
        attachAdmin: async (...[to, options]: Parameters<typeof admin.attachAdmin>) =>
          (attached = await admin.attachAdmin(to, { ...options, port: 0 })),
      },
      '@iot/client': {
        connect: (options: client.ConnectOptions) => {
          if (options.port !== running!.address.port) bad = options.id;
          boards.push(client.connect({ ...options, timeout: steady.timeout }));
          return boards.at(-1);
        },
      },
      '@iot/server': {
        listen: async (options: server.ListenOptions) => {
          running = await server.listen({ ...options, timeout: steady.timeout });
          running.on('up', ({ id }) => ups.note(id));
          running.on('down', ({ id }, reason) => downs.note(id, reason));
          running.on('line', ({ id }, direction, line) => said.note(id, direction, line));
          return running;
        },
      },
    };
    /** The resets of the router, and the beginnings of the boards. */
    const later: (() => void)[] = [];
    const reports: (() => void)[] = [];
    const globals = {
      console: { ...consoleOf(new Notes()), assert: (is: boolean) => expect(is).toBe(true) },
      setInterval: (act: () => void) => reports.push(act),
      setTimeout: (act: () => void) => later.push(act),
    };
    await simulated!.run({ modules, globals });
    await Promise.all(boards.map((board) => board.ready()));
    for (const act of later) act();
    await downs.includes(`${bad} reset`);
    // At once, since the router has closed its end too: by its timeout it would take a minute.
    await ups.includes(bad!, 2);
    for (const report of reports) report();
    await said.includes(`${bad} sent ok`);
    expect(boards).toHaveLength(200);
    await Promise.all(boards.map((board) => board.close()));
    await attached!.close();
    await running!.close();
  });
});

/** A stand-in for `systemd-notify`, first in PATH until the test is over; returns how to see what it was told. */
function systemdNotify(): () => string {
  const folder = temporaryFolder();
  const told = join(folder, 'told');
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> '${told}'\n`);
  chmodSync(join(folder, 'systemd-notify'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return () => readFileSync(told, 'utf8');
}
