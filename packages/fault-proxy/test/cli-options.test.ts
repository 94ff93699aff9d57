import { command } from '@iot/app-kit/command';
import { expect, it, vi } from 'vitest';
import { addProxyOptions, checkProxySettings } from '../src/cli/options.js';

const example = new URL('script.example.json', import.meta.url).pathname;

function parse(args: readonly string[]) {
  return checkProxySettings(addProxyOptions(command('proxy', '')).parse(args, { from: 'user' }));
}

it.each([
  [[], '127.0.0.1', 0],
  [['--listen', '8124'], '127.0.0.1', 8124],
  [['--listen', '0.0.0.0:8124'], '0.0.0.0', 8124],
  [['--listen', '[::1]:8124'], '::1', 8124],
])('listens on loopback unless told otherwise: %j', (args, host, port) => {
  expect(parse([...args, '--to', 'board.local:8123'])).toMatchObject({
    listen: { host, port },
    to: { host: 'board.local', port: 8123 },
  });
});

it('reads a seed, or a script', () => {
  expect(parse(['--to', 'h:1', '--seed', '7'])).toMatchObject({ seed: 7 });
  expect(parse(['--to', 'h:1', '--script', example]).script).toHaveLength(6);
});

it('reads how often a fault comes, how long it lasts, and which', () => {
  expect(parse(['--to', 'h:1', '--every', '1m'])).toMatchObject({ every: 60_000, for: 2000, kind: 'cut' });
  expect(parse(['--to', 'h:1', '--every', '30s', '--for', '500ms', '--kind', 'stall'])).toMatchObject({
    every: 30_000,
    for: 500,
    kind: 'stall',
  });
});

const listenForm = 'It must be [host:]port, the port from 0 to 65535.';
const toForm = 'It must be host:port, the port from 1 to 65535.';

it.each([
  ['', "required option '--to <host:port>' not specified"],
  ['--to 8123', `option '--to <host:port>' argument '8123' is invalid. ${toForm}`],
  ['--to h:0', `option '--to <host:port>' argument 'h:0' is invalid. ${toForm}`],
  ['--to h:65536', `option '--to <host:port>' argument 'h:65536' is invalid. ${toForm}`],
  ['--to h:1 --listen ::1:80', `option '--listen <[host:]port>' argument '::1:80' is invalid. ${listenForm}`],
  [
    '--to h:1 --seed -1',
    "option '--seed <number>' argument '-1' is invalid. It must be a whole number from 0 to 4294967295.",
  ],
  [
    '--to h:1 --seed 1.5',
    "option '--seed <number>' argument '1.5' is invalid. It must be a whole number from 0 to 4294967295.",
  ],
  [
    `--to h:1 --seed 1 --script ${example}`,
    "option '--seed <number>' cannot be used with option '--script <file>'",
  ],
  [
    '--to h:1 --script gone',
    "option '--script <file>' argument 'gone' is invalid. It cannot be read (ENOENT).",
  ],
  [
    '--to h:1 --script package.json',
    "option '--script <file>' argument 'package.json' is invalid. a script must be a list of steps.",
  ],
  ['--to 127.0.0.1:80 --listen 80', '--listen and --to must not be the same: the proxy would dial itself'],
  [
    '--to h:1 --every 5',
    "option '--every <time>' argument '5' is invalid. It must be a time like 500ms, 5s, 2m or 1h, from 1ms to 596h.",
  ],
  [
    '--to h:1 --every 5s --kind fire',
    "option '--kind <kind>' argument 'fire' is invalid. Allowed choices are cut, stall, slow, loss.",
  ],
  ['--to h:1 --every 2s', '--for must be shorter than --every'],
  ['--to h:1 --for 2s', '--for and --kind need --every'],
  ['--to h:1 --kind cut', '--for and --kind need --every'],
  ['--to h:1 --every 5s --seed 1', "option '--every <time>' cannot be used with option '--seed <number>'"],
  ['--to h:1 --bogus', "unknown option '--bogus'"],
  ['--to h:1 more', 'too many arguments. Expected 0 arguments but got 1.'],
])('says in one line what is wrong: %s', (args, message) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    expect(() => parse(args.split(' ').filter((arg) => arg !== ''))).toThrow();
    expect(write.mock.calls).toEqual([[`error: ${message}\n`]]);
  } finally {
    write.mockRestore();
  }
});
