import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { startFaultProxy } from '@iot/fault-proxy';
import { board, LOOPBACK, Program, saysTurnedAway } from '@iot/app-kit/testing';
import { numbered } from '@iot/vitest-config/lines';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { beforeEach, describe, expect, it } from 'vitest';

const CLOCK = new URL('clock.mjs', import.meta.url).href;

interface Entry {
  readonly time: string;
  readonly id: string;
  readonly line: string;
  readonly redelivered?: boolean;
}

let folder: string;

beforeEach(() => {
  folder = join(temporaryFolder(), 'log');
});

/** Starts it at this moment; its clock moves when the test says so. */
async function start(
  at = '2026-02-28T12:00:00.000Z',
  more: Record<string, string> = {},
): Promise<{ log: Program; port: number }> {
  const env = { START: at, NODE_OPTIONS: `--import=${CLOCK}`, FOLDER: folder, ...more };
  const log = new Program('daily-log', LOOPBACK, { env });
  const [, port] = await log.printed(/listening on port (\d+), logging to /);
  return { log, port: Number(port) };
}

async function setClock(log: Program, time: string): Promise<void> {
  log.type(`${time}\n`);
  await log.printed(new RegExp(`the clock says ${time}\n`));
}

function entries(day: string): Entry[] {
  const text = readFileSync(join(folder, `${day}.jsonl`), 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Entry);
}

/** Waits until the file of this day has this number of lines. */
async function logged(day: string, count: number): Promise<void> {
  const stop = new AbortController();
  const changes = watch(folder, { signal: stop.signal });
  const next = changes[Symbol.asyncIterator]();
  let change = next.next();
  while (readFileSync(join(folder, `${day}.jsonl`), 'utf8').split('\n').length <= count) {
    await change;
    change = next.next();
  }
  change.catch(() => undefined);
  stop.abort();
}

/** Sends a line that cannot be logged; its ack may go out before the end, or not. */
function writeLost(port: number): void {
  board('1', port)
    .write('lost')
    .catch(() => undefined);
}

describe('daily-log', () => {
  it('writes one JSON a line, with time, id and line', async () => {
    const { log, port } = await start();
    await board('1', port).write('temperature "21.5" °C\r');
    await log.interrupted();
    expect(readFileSync(join(folder, '2026-02-28.jsonl'), 'utf8')).toBe(
      '{"time":"2026-02-28T12:00:00.000Z","id":"1","line":"temperature \\"21.5\\" °C\\r"}\n',
    );
  });

  it('with a store, marks what may be logged already when it is killed before its board has the ack', async () => {
    const day = '2026-02-28';
    const store = { STORE: join(temporaryFolder(), 'store') };
    let { log, port } = await start(undefined, store);
    await using proxy = await startFaultProxy({ to: () => ({ host: '127.0.0.1', port }) });
    const client = board('1', proxy.port);
    await client.write('first');
    proxy.stall('toClient');
    const written = client.write('once');
    await logged(day, 2);
    log.process.kill('SIGKILL');
    await log.outcome;
    ({ log, port } = await start(undefined, store));
    proxy.cut('rst');
    proxy.resume();
    await written;
    await log.interrupted();
    const firsts = entries(day).filter(({ redelivered }) => redelivered !== true);
    expect(firsts.map(({ line }) => line)).toEqual(['first', 'once']);
  });

  it('begins a new file at midnight, UTC, while boards stay connected', async () => {
    const { log, port } = await start('2026-02-28T23:59:59.999Z');
    const client = board('1', port);
    await client.write('the last');
    await setClock(log, '2026-03-01T00:00:00.000Z');
    await client.write('the first');
    await log.interrupted();
    expect(readdirSync(folder).sort()).toEqual(['2026-02-28.jsonl', '2026-03-01.jsonl']);
    expect(entries('2026-02-28').map(({ line }) => line)).toEqual(['the last']);
    expect(entries('2026-03-01').map(({ line }) => line)).toEqual(['the first']);
    expect(client.connects).toBe(1);
  });

  it('goes on with the file of the day after a restart', async () => {
    for (const line of ['before', 'after']) {
      const { log, port } = await start();
      const client = board('1', port);
      await client.write(line);
      await client.close();
      await log.interrupted();
    }
    expect(entries('2026-02-28').map(({ line }) => line)).toEqual(['before', 'after']);
  });

  const WHOLE = '{"time":"2026-02-28T11:00:00.000Z","id":"1","line":"whole"}';

  it.each([
    ['half a line', `${WHOLE}\n{"time":"2026-02-28T11:00:00.000Z","id":"1","li`, ['whole']],
    ['nothing but half a line', '{"time":"2026-02-', []],
    ['half a character', Buffer.from(`${WHOLE}\n{"line":"é`).subarray(0, -1), ['whole']],
    ['zeros', `${WHOLE}\n\0\0\0\0`, ['whole']],
    ['a whole line without its newline', WHOLE, ['whole']],
    ['a line of more than 64 KiB', `${WHOLE}\n{"line":"${'x'.repeat(500_000)}`, ['whole']],
  ])('repairs a file that ends in %s, and logs the next line on its own', async (_what, torn, before) => {
    mkdirSync(folder);
    writeFileSync(join(folder, '2026-02-28.jsonl'), torn);
    const { log, port } = await start();
    await board('1', port).write('next');
    await log.interrupted();
    expect(entries('2026-02-28').map(({ line }) => line)).toEqual([...before, 'next']);
  });

  it('begins the file again when it has been moved away or deleted', async () => {
    const { log, port } = await start();
    const client = board('1', port);
    await client.write('first');
    await client.write('acked later');
    renameSync(join(folder, '2026-02-28.jsonl'), join(folder, '2026-02-27.jsonl'));
    await client.write('second');
    // Read when the line before it is in the file; it may itself come into either file.
    await client.write('acked later');
    rmSync(folder, { recursive: true });
    await client.write('third');
    await log.interrupted();
    const lines = entries('2026-02-28').map(({ line }) => line);
    expect(lines.filter((line) => line !== 'acked later')).toEqual(['third']);
  });

  it.runIf(existsSync('/usr/bin/prlimit'))(
    'goes on when it has no descriptor left, past midnight too',
    async () => {
      const { log, port } = await start();
      const client = board('1', port);
      await client.ready();
      const pid = String(log.process.pid);
      const file = readdirSync(`/proc/${pid}/fd`).find((name) =>
        readlinkSync(`/proc/${pid}/fd/${name}`).endsWith('.jsonl'),
      );
      // Those below are in use.
      execFileSync('/usr/bin/prlimit', ['--pid', pid, `--nofile=${Number(file ?? 2) + 1}`]);
      await client.write('without a descriptor');
      await setClock(log, '2026-03-01T00:00:00.000Z');
      await client.write('the next day');
      await log.interrupted();
      expect(entries('2026-02-28').map(({ line }) => line)).toEqual(['without a descriptor']);
      expect(entries('2026-03-01').map(({ line }) => line)).toEqual(['the next day']);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'on %s every line that its board knows as acked is in the file',
    async (signal) => {
      const { log, port } = await start();
      const client = board('1', port);
      const acked: string[] = [];
      const halfWay = new Promise<void>((resolve) => {
        for (const line of numbered('line', 1000)) {
          client.write(line).then(
            () => {
              acked.push(line);
              if (acked.length === 500) resolve();
            },
            () => undefined, // closed at the end of the test
          );
        }
      });
      await halfWay;
      await log.interrupted(signal);
      const logged = entries('2026-02-28').map(({ line }) => line);
      expect(logged.slice(0, acked.length)).toEqual(acked);
    },
  );

  it('every line of every board is there once and in order, though the links are cut', async () => {
    const { log, port } = await start();
    await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port } });
    const clients = ['1', '2', '3'].map((id) => board(id, proxy.port));
    const lines = numbered('line', 200);
    await Promise.all(
      clients.map(async (client) => {
        for (const [i, line] of lines.entries()) {
          if (i % 50 === 25) proxy.cut('rst');
          await client.write(line);
        }
      }),
    );
    await log.interrupted();
    const all = entries('2026-02-28');
    expect(all).toHaveLength(600);
    for (const { id } of clients) {
      expect(all.filter((entry) => entry.id === id).map(({ line }) => line)).toEqual(lines);
    }
    for (const { connects } of clients) expect(connects).toBeGreaterThan(1);
  });

  it('a folder that cannot be there is one error, before a board can connect', async () => {
    writeFileSync(folder, 'a file');
    const { code, stdout, stderr } = await new Program('daily-log', [...LOOPBACK, '--folder', folder])
      .outcome;
    expect(stderr).toMatch(/^error: cannot write to \S+\.jsonl \(ENOTDIR: [^\n]*\)\.\n$/);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('a folder that stops being one is one error, which holds the line', async () => {
    const { log, port } = await start();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file');
    writeLost(port);
    const { code, stderr } = await log.outcome;
    expect(stderr).toMatch(
      /^error: cannot write to \S+ \(E\w+: [^\n]*\)\. Not logged: \{[^\n]*"line":"lost"\}\n$/,
    );
    expect(code).toBe(1);
  });

  it.runIf(existsSync('/dev/full'))(
    'ends with one error, which holds the line, when the disk does not confirm it',
    async () => {
      mkdirSync(folder);
      symlinkSync('/dev/null', join(folder, '2026-02-28.jsonl')); // takes a write, and no fsync
      const { log, port } = await start();
      writeLost(port);
      const { code, stderr } = await log.outcome;
      expect(stderr).toMatch(
        /^error: cannot write to \S+ \(EINVAL: [^\n]*fsync\)\. Not logged: [^\n]*"lost"\}\n$/,
      );
      expect(code).toBe(1);
    },
  );

  it('says which connections it does not let in', async () => {
    await saysTurnedAway(async (...more) => {
      const program = new Program('daily-log', [...LOOPBACK, '--folder', folder, ...more]);
      const [, port] = await program.printed(/listening on port (\d+), logging to /);
      return { program, port: Number(port) };
    });
  });

  describe.runIf(existsSync('/dev/full'))('on a full disk', () => {
    it('acks one line of those that came in the same moment, and not the others', async () => {
      mkdirSync(folder);
      symlinkSync('/dev/full', join(folder, '2026-02-28.jsonl'));
      const { port } = await start();
      const client = board('1', port);
      let acked = 0;
      await client.ready();
      const down = client.once('state');
      for (const line of numbered('line', 10)) {
        client.write(line, { wait: false }).then(
          () => (acked += 1),
          () => undefined, // closed at the end of the test
        );
      }
      await down;
      expect(acked).toBeLessThanOrEqual(1);
    });

    it('ends with one error, which holds the line', async () => {
      mkdirSync(folder);
      symlinkSync('/dev/full', join(folder, '2026-02-28.jsonl'));
      const { log, port } = await start();
      writeLost(port);
      const { code, stderr } = await log.outcome;
      expect(stderr).toMatch(
        /^error: cannot write to \S+ \(ENOSPC: [^\n]*\)\. Not logged: \{[^\n]*"line":"lost"\}\n$/,
      );
      expect(code).toBe(1);
    });
  });
});
