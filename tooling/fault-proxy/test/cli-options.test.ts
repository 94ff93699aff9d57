import { expect, it, vi } from 'vitest';
import { PROXY } from '../src/cli/options.js';

const example = new URL('script.example.json', import.meta.url).pathname;

it.each([
  [[], '127.0.0.1', 0],
  [['--listen', '8124'], '127.0.0.1', 8124],
  [['--listen', '0.0.0.0:8124'], '0.0.0.0', 8124],
  [['--listen', '[::1]:8124'], '::1', 8124],
])('listens on loopback unless told otherwise: %j', (args, host, port) => {
  expect(PROXY.parse([...args, '--to', 'board.local:8123'])).toMatchObject({
    listen: { host, port },
    to: { host: 'board.local', port: 8123 },
  });
});

it('reads the seed, or the script', () => {
  expect(PROXY.parse(['--to', 'h:1', '--seed', '7'])).toMatchObject({ seed: 7 });
  expect(PROXY.parse(['--to', 'h:1', '--script', example]).script).toHaveLength(6);
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
  ['--to h:1 --bogus', "unknown option '--bogus'"],
  ['--to h:1 more', 'too many arguments. Expected 0 arguments but got 1.'],
])('says in one line what is wrong: %s', (args, message) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    expect(() => PROXY.parse(args.split(' ').filter((arg) => arg !== ''))).toThrow();
    expect(write.mock.calls).toEqual([[`error: ${message}\n`]]);
  } finally {
    write.mockRestore();
  }
});
