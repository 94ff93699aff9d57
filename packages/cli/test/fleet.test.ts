import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { attachAdmin, type Admin } from '@iot/admin';
import { board, HOST, Program, serve } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { ownPort } from '@iot/vitest-config/ports';
import type { ListenOptions, Server } from '@iot/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { iot } from './iot.js';

const TOKEN = 'a-token-of-a-test';

interface Fleet {
  readonly server: Server;
  readonly admin: Admin;
  readonly there: readonly string[];
}

type AdminOptions = NonNullable<Parameters<typeof attachAdmin>[1]>;

/** A server with an admin interface, in this process. */
async function fleet(options: AdminOptions = {}, listen: ListenOptions = {}): Promise<Fleet> {
  const server = await serve(listen);
  const admin = await attachAdmin(server, { port: 0, ...options });
  onTestFinished(() => admin.close());
  return { server, admin, there: ['--url', `http://${HOST}:${admin.address.port}`] };
}

function tokenFile(token: string): string {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, `${token}\n`);
  return path;
}

/** The URL of a server of the test. */
async function answering(
  answer: (...of: Parameters<RequestListener>) => void | Promise<void>,
): Promise<string> {
  const server = createServer((...of) => void answer(...of)).listen(0, HOST);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${HOST}:${(server.address() as AddressInfo).port}`;
}

/** What this address answers to the same request. */
async function passedOn(request: IncomingMessage, url: string) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: request.method!, headers, body: await text(request) });
  return { status: answer.status, body: await answer.text() };
}

/** Ids that a URL would take apart. */
const ODD = 'a/b? 1';

/** A client that the server knows, and that is down. */
async function cameAndWent(server: Server, id: string): Promise<void> {
  const client = board(id, server.address.port);
  await client.ready();
  const down = server.once('down');
  await client.close();
  await down;
}

describe('iot ls', () => {
  it('prints a row for each client', async () => {
    const { server, there } = await fleet();
    await board('cellar', server.address.port).ready();
    const attic = board('attic', server.address.port);
    await attic.ready();
    const down = server.once('down');
    await attic.close();
    await down;
    const { code, stdout, stderr } = await iot('ls', ...there);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ID {6}STATE {2}FOR +ADDRESS {4}WIRE {2}OUTAGES {2}UNREAD {2}PENDING\n/);
    expect(stdout).toMatch(/^cellar {2}up {5}\d+ s +127\.0\.0\.1 {5}2 {8}0 {7}0 {8}0$/m);
    expect(stdout).toMatch(/^attic {3}down {3}\d+ s +127\.0\.0\.1 {5}2 {8}1 {7}0 {8}0$/m);
  });

  it('prints the head alone without clients', async () => {
    const { there } = await fleet();
    expect((await iot('ls', ...there)).stdout).toBe(
      'ID  STATE  FOR  ADDRESS  WIRE  OUTAGES  UNREAD  PENDING\n',
    );
  });

  it('asks until it has them all', async () => {
    const of = (id: string) => ({
      id,
      up: true,
      since: new Date(0),
      stats: {},
      unreadLines: 0,
      pendingWrites: 0,
    });
    const url = await answering((request, response) => {
      const offset = new URL(request.url!, 'http://localhost').searchParams.get('offset');
      const clients = offset === '0' ? [of('1'), of('2')] : offset === '2' ? [of('3')] : [];
      response.end(JSON.stringify({ total: 3, clients }));
    });
    const { stdout } = await iot('ls', '--json', '--url', url);
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids).toEqual(['1', '2', '3']);
  });

  it('prints those in trouble first, or by id, when it is told to', async () => {
    const { server, there } = await fleet();
    for (const id of ['board-10', 'board-2']) await board(id, server.address.port).ready();
    await cameAndWent(server, 'shed');
    const ids = async (order: string) => {
      const { stdout } = await iot('ls', '--sort', order, ...there);
      return stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ', 1)[0]);
    };
    expect(await ids('id')).toEqual(['board-2', 'board-10', 'shed']);
    expect(await ids('trouble')).toEqual(['shed', 'board-2', 'board-10']);
    expect(await ids('outages')).toEqual(['shed', 'board-10', 'board-2']);
  });

  it('prints an object for each client with --json', async () => {
    const { server, there } = await fleet();
    await board(ODD, server.address.port).ready();
    const { stdout } = await iot('ls', '--json', ...there);
    expect(JSON.parse(stdout)).toMatchObject({ id: ODD, up: true, stats: { outages: 0 } });
  });
});

describe('iot outages', () => {
  it('says when and why the links of a client have ended, and for how long', async () => {
    const { server, there } = await fleet();
    await cameAndWent(server, ODD);
    await cameAndWent(server, 'attic');
    await board(ODD, server.address.port).ready();
    const one = await iot('outages', ODD, ...there);
    expect(one.stdout.split('\n')).toEqual([
      expect.stringMatching(/^AT +ID +REASON +LASTED +TOLD$/),
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}a\/b\? 1 {2}\w+ +\d+ s( {2}.*)?$/),
      '',
    ]);
    const all = await iot('outages', ...there);
    expect(all.stdout).toMatch(/ attic +\w+ +\d+ s, not ended/);
    expect(all.stdout.split('\n')).toHaveLength(4);
    const lines = (await iot('outages', '--json', ...there)).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { id: ODD, endedAt: expect.any(String) as string, reason: expect.any(String) as string },
      { id: 'attic', endedAt: null },
    ]);
  });

  it('says that there were none', async () => {
    const { server, there } = await fleet();
    await board('cellar', server.address.port).ready();
    expect((await iot('outages', 'cellar', ...there)).stderr).toBe('no outage of "cellar" is known\n');
    expect((await iot('outages', ...there)).stderr).toBe('no outage in the last hour\n');
  });
});

describe('iot stats', () => {
  it('adds up what the clients have done', async () => {
    const { server, there } = await fleet();
    const one = board('1', server.address.port);
    await Promise.all([one.write('a'), one.write('b'), board('2', server.address.port).write('c')]);
    const { stdout } = await iot('stats', ...there, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      clients: 2,
      up: 2,
      down: 0,
      received: 3,
      sent: 0,
      unreadLines: 3,
    });
    const text = (await iot('stats', ...there)).stdout;
    expect(text).toMatch(/^ *2 {2}clients known\n *2 {2}up\n *0 {2}down\n/);
    expect(text).toMatch(/^ *3 {2}lines received$/m);
  });
});

describe('iot send', () => {
  it('writes a line, and says that it is acked', async () => {
    const { server, there } = await fleet();
    const client = board(ODD, server.address.port);
    await client.ready();
    const sent = iot('send', ODD, 'fan on', ...there);
    expect(await client.readline()).toBe('fan on');
    expect(await sent).toEqual({ code: 0, stdout: '', stderr: `acked by "${ODD}"\n` });
  });

  it('writes each line of standard input, in order', async () => {
    const { server, there } = await fleet();
    const client = board('1', server.address.port);
    await client.ready();
    const program = new Program('iot', ['send', '1', ...there, '--json']);
    program.type('one\n\r\ntwo\r\nthree');
    program.process.stdin!.end();
    const { code, stdout } = await program.outcome;
    expect(code).toBe(0);
    const acked = ['one', 'two', 'three'].map((line) => JSON.stringify({ line, acked: true }));
    expect(stdout.trimEnd().split('\n')).toEqual(acked);
    for (const line of ['one', 'two', 'three']) expect(await client.readline()).toBe(line);
  });

  it('says what waits for a client that is down, and waits itself for the first of them only', async () => {
    const { server, admin } = await fleet();
    await cameAndWent(server, '1');
    const asked: string[] = [];
    // In front of the admin interface, which would wait for 10 s.
    const url = await answering(async (request, response) => {
      asked.push(request.url!);
      const soon = request.url!.replace(/lines$/, '$&?waitMs=1');
      const { status, body } = await passedOn(request, `http://${HOST}:${admin.address.port}${soon}`);
      response.writeHead(status).end(body);
    });
    const program = new Program('iot', ['send', '1', '--url', url]);
    program.type('one\ntwo\nthree\n');
    program.process.stdin!.end();
    expect(await program.outcome).toEqual({
      code: 0,
      stdout: '',
      stderr:
        '3 of 3 lines are not acked by "1" yet: the server keeps them, and delivers them when "1" is up\n',
    });
    const next = '/clients/1/lines?waitMs=0';
    expect(asked).toEqual(['/clients/1/lines', next, next]);
    expect(server.get('1').pendingWrites).toBe(3);
  });
});

describe('iot disconnect', () => {
  it('ends the link of a client', async () => {
    const { server, there } = await fleet();
    await board('1', server.address.port).ready();
    const down = server.once('down');
    expect(await iot('disconnect', '1', ...there)).toEqual({
      code: 0,
      stdout: '',
      stderr: '"1" is disconnected\n',
    });
    expect((await down)[0].id).toBe('1');
  });

  it('says with --json whether there was a link', async () => {
    const { server, there } = await fleet();
    await cameAndWent(server, '1');
    expect((await iot('disconnect', '1', ...there, '--json')).stdout).toBe('{"disconnected":false}\n');
  });
});

describe('iot tail', () => {
  it('follows what happens, with lines where the server shows them', async () => {
    const { server, there } = await fleet({ showLines: true });
    const program = new Program('iot', ['tail', ...there]);
    await program.said(/^following; Ctrl-C ends\n/);
    const read = server.client('cellar').then((client) => client.readline());
    const client = board('cellar', server.address.port);
    await client.write('21.5');
    expect(await read).toBe('21.5');
    await program.printed(/^\d\d:\d\d:\d\d cellar up address="127\.0\.0\.1"$/m);
    await program.printed(/^\d\d:\d\d:\d\d cellar received 21\.5$/m);
    program.process.kill('SIGINT');
    expect((await program.outcome).code).toBe(0);
  });

  it('follows some clients only, and says that lines are not shown', async () => {
    const { server, there } = await fleet();
    const program = new Program('iot', ['tail', 'cellar', '--json', ...there]);
    await program.said(/^lines are not shown: .*--show-lines/);
    await program.said(/^following/m);
    for (const id of ['attic', 'cellar']) await board(id, server.address.port).ready();
    await program.printed(/"cellar"/);
    program.process.kill('SIGTERM');
    const { code, stdout } = await program.outcome;
    expect(code).toBe(0);
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ id: 'cellar' });
  });

  it('goes on when the server is back', async () => {
    const { host, port } = await ownPort();
    const first = await serve();
    const one = await attachAdmin(first, { host, port, showLines: true });
    const program = new Program('iot', ['tail', '--url', `http://${host}:${port}`]);
    await program.said(/^following/);
    await one.close();
    await program.said(/^the server does not respond; trying until it is back\n/m);
    const second = await serve();
    const two = await attachAdmin(second, { host, port, showLines: true });
    onTestFinished(() => two.close());
    await program.said(/the server is back\n/);
    await board('cellar', second.address.port).ready();
    await program.printed(/cellar up /);
    program.process.kill('SIGINT');
    expect((await program.outcome).code).toBe(0);
  });
});

it('iot tail goes on where it was when a proxy has said that the server is away, and ends when it is refused', async () => {
  const asked: (string | undefined)[] = [];
  const event = (n: number) => `id: a-${n}\nevent: up\ndata: {"id":"cellar"}\n\n`;
  const url = await answering(({ headers }, response) => {
    asked.push(headers['last-event-id'] as string | undefined);
    const nth = asked.length;
    if (nth === 1 || nth === 4) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(event(nth));
    } else if (nth < 4) response.writeHead(nth === 2 ? 502 : 503).end('<html>');
    else response.writeHead(401).end();
  });
  const { code, stdout, stderr } = await iot('tail', '--json', '--url', url);
  expect(asked).toEqual([undefined, 'a-1', 'a-1', 'a-1', 'a-4']);
  expect(stdout).toBe('{"type":"up","id":"cellar"}\n'.repeat(2));
  const away = 'the server does not respond; trying until it is back\n';
  expect(stderr).toBe(
    `following; Ctrl-C ends\n${away}the server is back\n${away}error: the admin interface needs a token: give --token-file\n`,
  );
  expect(code).toBe(4);
});

it.each([[502], [503], [504]])(
  'a proxy without its server, which answers %d, is one line and exit code 3',
  async (status) => {
    const url = await answering((_, response) => void response.writeHead(status).end('<html>'));
    expect(await iot('tail', '--url', url)).toEqual({
      code: 3,
      stdout: '',
      stderr: `error: ${url} answers ${status}: is the server of this proxy running?\n`,
    });
  },
);

const ALL = [['ls'], ['outages'], ['stats'], ['send', '1', 'on'], ['disconnect', '1'], ['tail']];

describe.each(ALL)('what goes wrong with iot %s', (...command) => {
  it('a server that cannot be reached is one line and exit code 3', async () => {
    const { host, port } = await ownPort();
    const url = `http://${host}:${port}`;
    expect(await iot(...command, '--url', url)).toEqual({
      code: 3,
      stdout: '',
      stderr: `error: nothing answers at ${url} (ECONNREFUSED): is the server running, with its admin interface at this address?\n`,
    });
  });

  it('a token that is missing, or refused, is one line and exit code 4', async () => {
    const { there } = await fleet({ token: TOKEN });
    const missing = 'error: the admin interface needs a token: give --token-file\n';
    expect(await iot(...command, ...there)).toEqual({ code: 4, stdout: '', stderr: missing });
    const path = tokenFile('another-token-of-a-test');
    const refused = `error: the admin interface refuses the token in ${path}\n`;
    expect(await iot(...command, ...there, '--token-file', path)).toEqual({
      code: 4,
      stdout: '',
      stderr: refused,
    });
  });

  it.each([
    [404, 'nothing'],
    [200, '<html>'],
    [200, '{}'],
    [200, 'null'],
  ])(
    'a server without an admin interface is an error of one line, with exit code 1: %i %s',
    async (status, body) => {
      const url = await answering((_, response) => void response.writeHead(status).end(body));
      expect(await iot(...command, '--url', url)).toEqual({
        code: 1,
        stdout: '',
        stderr: `error: ${url} answers ${status}: is it an admin interface?\n`,
      });
    },
  );

  it.each([
    [['--url', 'me:secret@host'], /^error: --url must be the address of an admin interface, [^\n]*\n$/],
    [
      ['--token-file', '/missing/file'],
      /^error: the token file \/missing\/file cannot be read \(ENOENT\)\n$/,
    ],
  ])('%j is one line and exit code 2', async (options, message) => {
    const { code, stdout, stderr } = await iot(...command, ...options);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

it.each([
  ['send', 'shed', 'on'],
  ['disconnect', 'shed'],
  ['outages', 'shed'],
])('iot %s of an unknown client is one line and exit code 5', async (...command) => {
  const { there } = await fleet();
  expect(await iot(...command, ...there)).toEqual({
    code: 5,
    stdout: '',
    stderr: 'error: client "shed" has never connected, or was forgotten\n',
  });
});

it('the token and the address come from the environment too', async () => {
  const { admin } = await fleet({ token: TOKEN });
  const env = { IOT_URL: `http://${HOST}:${admin.address.port}/`, IOT_TOKEN_FILE: tokenFile(TOKEN) };
  expect(await new Program('iot', ['ls'], { env }).outcome).toMatchObject({ code: 0, stderr: '' });
});
