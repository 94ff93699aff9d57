/** Tests that the apps share. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '@iot/client';
import type { Options } from '../command.js';
import { board, HOST } from './link.js';
import { holdPort, Program } from './program.js';

/** The names of a board's `local.py`, and of its example. */
const NAMES = ['MY_ID', 'SERVER', 'SSID', 'PW', 'PORT', 'TIMEOUT', 'INTERVAL'];

/** A file for `--env-file`. */
export function envFile(text: string): string {
  const path = join(temporaryFolder(), 'local.py');
  writeFileSync(path, text);
  return path;
}

/** Invalid values of options that several programs have, and a part of the error message. */
const WRONG: readonly (readonly [option: string, args: string[], message: string])[] = [
  ['--port', ['--port', '65536'], "option '--port <number>' argument '65536' is invalid. It must be a whole"],
  ['--port', ['--port', 'http'], "argument 'http' is invalid. It must be a whole number from"],
  ['--port', ['--port'], "option '--port <number>' argument missing"],
  ['--timeout', ['--timeout', '99'], 'It must be a whole number from 100 to'],
  ['--interval', ['--interval', '1.5'], 'It must be a whole number from'],
  ['--env-file', ['--env-file', 'nowhere'], "argument 'nowhere' is invalid. It cannot be read (ENOENT)."],
  ['', ['--prot', '1'], "unknown option '--prot'"],
];

/** Values that are not whole numbers, or too large. */
const NO_NUMBERS = {
  PORT: ['http', '65536', '0x50', '-1', ''],
  TIMEOUT: ['1500ms', '1e3', '1000.5', 'Infinity', '2147483647', ''],
};

/**
 * Tests of the options of an app's programs. Errors are one line. The README documents every option. The
 * common options can be set by the environment and by a board's file. Later tests see only the environment
 * variables that they set themselves.
 *
 * @param wrong rows of a program, invalid arguments, and a part of the error message
 */
export function optionsSuite(
  options: Readonly<Record<string, Options<object>>>,
  wrong: readonly (readonly [program: string, args: string[], message: string])[],
): void {
  let printed: string;

  beforeEach(() => {
    for (const name of NAMES) vi.stubEnv(name, undefined);
    printed = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  /** The programs that have this option, by its name or its variable. */
  const having = (name: string): string[] =>
    Object.keys(options).filter((program) =>
      options[program]!.command().options.some(
        ({ long, envVar }) => name === '' || long === name || envVar === name,
      ),
    );

  describe('a usage error is one clear line', () => {
    const common = WRONG.flatMap(([option, args, message]) =>
      having(option).map((program) => [program, args, message] as const),
    );

    it.each([...common, ...wrong])('%s %j', (program, args, message) => {
      expect(() => options[program]!.parse(args)).toThrow(CommanderError);
      expect(printed).toMatch(/^error: [^\n]*\n$/);
      expect(printed).toContain(message);
    });

    const wrongNumbers = Object.entries(NO_NUMBERS).flatMap(([name, values]) =>
      having(name).flatMap((program) => values.map((value) => [program, name, value] as const)),
    );

    it.each(wrongNumbers)(
      '%s names the variable of the environment that is wrong: %s=%s',
      (program, name, value) => {
        vi.stubEnv(name, value);
        expect(() => options[program]!.parse([])).toThrow(CommanderError);
        expect(printed).toMatch(/^error: [^\n]*\n$/);
        expect(printed).toContain(
          `value '${value}' from env '${name}' is invalid. It must be a whole number from `,
        );
      },
    );
  });

  it('the README has every setting, with its variable and its default', () => {
    const readme = readFileSync('README.md', 'utf8').split('\n');
    for (const command of Object.values(options).map(({ command }) => command())) {
      const starts = [`| \`${command.name()}\``, '| all '];
      for (const { long, envVar, defaultValue, defaultValueDescription } of command.options) {
        const row = readme.find(
          (line) => starts.some((start) => line.startsWith(start)) && line.includes(`\`${long ?? ''}`),
        );
        expect(row, `${command.name()} ${long ?? ''}`).toBeDefined();
        if (envVar !== undefined) expect(row).toContain(`\`${envVar}\``);
        if (defaultValue === undefined) continue;
        expect(row?.replaceAll('`', '')).toContain(`| ${defaultValueDescription ?? String(defaultValue)} `);
      }
    }
  });

  describe.each(having('--env-file').map((program) => ({ program, ...options[program]! })))(
    'the settings of $program',
    ({ program, parse }) => {
      it('come from the file before the default', () => {
        const path = envFile('PORT=1111\nTIMEOUT=1000');
        expect(parse(['--env-file', path])).toMatchObject({ port: 1111, timeout: 1000 });
      });

      it('come from the environment before the file', () => {
        vi.stubEnv('PORT', '2222');
        const path = envFile('PORT=1111\nTIMEOUT=1000');
        expect(parse(['--env-file', path])).toMatchObject({ port: 2222, timeout: 1000 });
      });

      it('come from the option before all, on whichever side of --env-file it is', () => {
        vi.stubEnv('PORT', '2222');
        const path = envFile('PORT=1111');
        expect(parse(['--port', '3333', '--env-file', path])).toMatchObject({ port: 3333 });
        expect(parse(['--env-file', path, '--port', '3333'])).toMatchObject({ port: 3333 });
      });

      it('can be the local.py of a board', () => {
        const path = envFile(
          [
            "MY_ID = '2'  # Client-unique string.",
            "SERVER = '192.168.0.41'  # Server IP address.",
            "SSID = 'my_ssid'",
            "PW = 'WiFi_password'",
            'PORT = 8124',
            'TIMEOUT = 2000',
          ].join('\n'),
        );
        const settings = parse(['--env-file', path]);
        expect(settings).toMatchObject({ port: 8124, timeout: 2000 });
        if (having('MY_ID').includes(program)) expect(settings).toMatchObject({ id: '2' });
        if (having('SERVER').includes(program)) expect(settings).toMatchObject({ host: '192.168.0.41' });
      });
    },
  );

  it.runIf(existsSync('.env.example')).each(having('SERVER'))(
    'an env file of %s can be a copy of the example',
    (program) => {
      const expected = { ...options[program]!.parse([]), host: '192.168.0.41' };
      expect(options[program]!.parse(['--env-file', '.env.example'])).toMatchObject(expected);
    },
  );
}

/**
 * Tests of the help, and of the message for an invalid argument.
 *
 * @param args invalid for each program
 * @param message what they print
 */
export function commandSuite(names: readonly string[], args: readonly string[], message: RegExp): void {
  describe('every program', () => {
    it.each(names)('%s ends a usage error with one line and exit code 2', async (name) => {
      const { code, stdout, stderr } = await new Program(name, args).outcome;
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^error: [^\n]*\n$/);
    });

    it.each(names)('%s prints its help', async (name) => {
      const { code, stdout, stderr } = await new Program(name, ['--help']).outcome;
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: ${name} \\[options\\]`));
      expect(stderr).toBe('');
    });
  });
}

/** A server of an app, and its port. */
export interface RunningServer {
  readonly server: Program;
  readonly port: string;
  /** Options for its clients. */
  readonly there: string[];
}

/** Starts the server program of an app. Resolves once it listens. */
export async function startServer(name: string, args: readonly string[] = []): Promise<RunningServer> {
  const server = new Program(name, ['--host', HOST, '--port', '0', ...args]);
  const [, port] = await server.printed(/listening on port (\d+)/);
  return { server, port: port!, there: ['--host', HOST, '--port', port!] };
}

/**
 * Tests of a server whose port is taken, and of a client that is not served.
 *
 * @param notServed the message about a client whose id is `seven`
 */
export function serverSuite(name: string, notServed: RegExp): void {
  it('the server says in one line that its port is taken', async () => {
    const port = await holdPort();
    const { code, stderr } = await new Program(name, ['--host', HOST, '--port', String(port)]).outcome;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot listen on port \d+ \(EADDRINUSE\): .*another port\n$/);
  });

  it('the server warns of a client that it does not serve', async () => {
    const { server, port } = await startServer(name);
    const client = connect({ id: 'seven', host: HOST, port: Number(port) });
    onTestFinished(() => client.close());
    await server.printed(notServed);
  });
}

/** Tests of a server with `--any-port`. */
export function anyPortSuite(name: string): void {
  it('the server takes another port when it may', async () => {
    const port = await holdPort();
    const server = new Program(name, ['--host', HOST, '--port', String(port), '--any-port']);
    const [, other] = await server.printed(/listening on port (\d+)/);
    expect(Number(other)).not.toBe(port);
  });
}

/**
 * Tests that a program which starts processes leaves none of them running, however it ends.
 *
 * @param start starts the program, and returns the ids of its processes once all are up
 * @param stopped the exit code and the message when it is asked to end
 */
export function groupSuite(
  start: () => Promise<{ program: Program; pids: number[] }>,
  stopped: { readonly code: number; readonly stderr: string },
  /** The process that is killed, and its name. */
  [victim, victimName]: readonly [number, string],
): void {
  it('fails with one line when one of its processes dies, and ends the others', async () => {
    const { program, pids } = await start();
    process.kill(pids[victim]!, 'SIGKILL');
    const { code, stderr } = await program.outcome;
    expect(stderr).toBe(`error: ${victimName} ended before its time (SIGKILL)\n`);
    expect(code).toBe(1);
    expect(pids.filter(alive)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends early on %s, with all its processes', async (signal) => {
    const { program, pids } = await start();
    program.process.kill(signal);
    expect(await program.outcome).toMatchObject(stopped);
    expect(pids.filter(alive)).toEqual([]);
  });

  it('does not leave its processes running when it is killed', async () => {
    const { program, pids } = await start();
    program.process.kill('SIGKILL');
    await vi.waitFor(() => expect(pids.filter(alive)).toEqual([]), { timeout: 300_000, interval: 20 });
  });
}

/** True while this process exists. */
function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The timeout, in ms, of a test whose clients are probed. A probe takes three quarters of the timeout. */
const PROBED_MS = 1000;

/**
 * Tests that the program prints the connections it refuses: a second board with the same id, and a connection
 * without an id.
 *
 * @param start starts the program with additional options
 */
export async function saysTurnedAway(
  start: (...more: readonly string[]) => Promise<{ readonly program: Program; readonly port: number }>,
): Promise<void> {
  const { program, port } = await start('--timeout', String(PROBED_MS));
  await board('1', port, { timeout: PROBED_MS }).ready();
  board('1', port, { timeout: PROBED_MS });
  await program.printed(/client "1" is here already; another one with this id came from 127\.0\.0\.1\n/);
  const socket = createConnection(port, HOST);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.write('\n');
  await program.printed(/refused a connection from 127\.0\.0\.1: bad-hello\n/);
}
