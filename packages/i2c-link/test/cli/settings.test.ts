import { describe, expect, it } from 'vitest';
import { help, readSettings } from '../../src/cli/settings.js';

const NEEDED = ['--bus', '1', '--syn', 'gpiochip0:17', '--ack', 'gpiochip0:27'];
const SETTINGS = {
  bus: 1,
  syn: { chip: 'gpiochip0', line: 17 },
  ack: { chip: 'gpiochip0', line: 27 },
  reset: undefined,
  wifi: false,
  watchdog: false,
  tls: undefined,
};

describe('the settings', () => {
  it('are the bus and two lines at least', () => {
    expect(readSettings(NEEDED, {})).toEqual(SETTINGS);
  });

  it('can have a reset line, which is low to reset', () => {
    const line = { chip: 'gpiochip0', line: 'GPIO22' };
    const args = [...NEEDED, '--reset', 'gpiochip0:GPIO22'];
    expect(readSettings(args, {})).toEqual({ ...SETTINGS, reset: { line, activeLevel: 0 } });
    expect(readSettings([...args, '--reset-level', '1'], {})).toEqual({
      ...SETTINGS,
      reset: { line, activeLevel: 1 },
    });
  });

  it('can have WiFi and the watchdog looked after', () => {
    const args = [...NEEDED, '--wifi', '--watchdog'];
    expect(readSettings(args, {})).toEqual({ ...SETTINGS, wifi: true, watchdog: true });
  });

  it('can have TLS, with certificates or with a key, which is in the environment alone', () => {
    const files = ['--tls-ca', 'ca.crt', '--tls-cert', 'board.crt', '--tls-key', 'board.key'];
    expect(readSettings([...NEEDED, ...files], {})).toEqual({
      ...SETTINGS,
      tls: { ca: 'ca.crt', cert: 'board.crt', key: 'board.key' },
    });
    const env = { IOT_I2C_PSK: 'ab'.repeat(32), IOT_I2C_PSK_IDENTITY: 'seven' };
    expect(readSettings(NEEDED, env)).toEqual({
      ...SETTINGS,
      tls: { psk: { identity: 'seven', key: Buffer.alloc(32, 0xab) } },
    });
  });

  it('come from the environment where there is no option', () => {
    const env = {
      IOT_I2C_BUS: '3',
      IOT_I2C_SYN: 'gpiochip1:5',
      IOT_I2C_ACK: 'gpiochip0:27',
      IOT_I2C_RESET: '',
      IOT_I2C_WIFI: '1',
      IOT_I2C_WATCHDOG: '0',
      SYN: 'nonsense',
    };
    expect(readSettings(['--syn', 'gpiochip0:17'], env)).toEqual({ ...SETTINGS, bus: 3, wifi: true });
  });
});

it.each([
  [[], '--bus or IOT_I2C_BUS is needed'],
  [['--bus', '1'], '--syn or IOT_I2C_SYN is needed'],
  [['--bus', '1', '--syn', 'gpiochip0:17'], '--ack or IOT_I2C_ACK is needed'],
  [['--bus', 'one'], '--bus must be a number, such as 1 for /dev/i2c-1, not "one"'],
  [[...NEEDED, '--syn', '17'], '--syn must be a chip and a line, such as gpiochip0:17, not "17"'],
  [
    [...NEEDED, '--syn', 'gpiochip0:4294967296'],
    '--syn must be a chip and a line, such as gpiochip0:17, not "gpiochip0:4294967296"',
  ],
  [[...NEEDED, '--reset', 'x'], '--reset must be a chip and a line, such as gpiochip0:17, not "x"'],
  [[...NEEDED, '--reset-level', 'low'], '--reset-level must be 0 or 1, not "low"'],
  [[...NEEDED, '--led'], "Unknown option '--led'"],
  [[...NEEDED, 'more'], 'Unexpected argument: every value has an option before it'],
  [['--bus'], "Option '--bus <value>' argument missing"],
])('%j is one line: %s', (args, message) => {
  expect(() => readSettings(args, {})).toThrow(`${message} (see --help)`);
});

it.each([
  [['--psk', 'ab'], {}, "Unknown option '--psk'"],
  [['--psk-identity', 'x'], {}, '--psk-identity needs IOT_I2C_PSK'],
  [['--tls-ca', 'x'], { IOT_I2C_PSK: 'ab'.repeat(16) }, 'IOT_I2C_PSK and --tls-ca cannot be used together'],
  [['--tls-cert', 'x'], {}, '--tls-cert and --tls-key belong together'],
  [['--tls-cert', 'x', '--tls-key', 'x'], {}, '--tls-cert needs --tls-ca'],
  [[], { IOT_I2C_PSK: 'secret' }, 'IOT_I2C_PSK must be a key of 16 bytes or more, in hexadecimal digits'],
])('TLS by %j and %j is refused in one line, without the key', (args, env, message) => {
  const attempt = () => readSettings([...NEEDED, ...args], env);
  expect(attempt).toThrow(message);
  expect(attempt).not.toThrow(/secret|abab/);
});

it('a flag of the environment is 1 or 0', () => {
  expect(() => readSettings(NEEDED, { IOT_I2C_WIFI: 'home' })).toThrow(
    'IOT_I2C_WIFI must be 1 or 0, not "home"',
  );
});

it('the help names every option and its variable', () => {
  expect(readSettings(['--help', '--bus', 'nonsense'], {})).toBe('help');
  expect(help()).toBe(`Usage: iot-i2c-bridge --bus <number> --syn <chip:line> --ack <chip:line> [options]

Joins a board on an I2C bus to its server, in the place of the ESP8266. gpioinfo shows chips and lines.

  --bus <number>          I2C bus: 1 for /dev/i2c-1 [IOT_I2C_BUS]
  --syn <chip:line>       GPIO line of the wire that the board drives [IOT_I2C_SYN]
  --ack <chip:line>       GPIO line of the wire that this end drives [IOT_I2C_ACK]
  --reset <chip:line>     GPIO line on which the board resets this end [IOT_I2C_RESET]
  --reset-level <0|1>     level that resets (default 0) [IOT_I2C_RESET_LEVEL]
  --wifi                  connect WiFi by NetworkManager, as the board says (default: the system does) [IOT_I2C_WIFI]
  --tls-ca <file>         TLS: who signs the server's certificate [IOT_I2C_TLS_CA]
  --tls-cert <file>       certificate of the board, for a server that asks for one [IOT_I2C_TLS_CERT]
  --tls-key <file>        private key of that certificate [IOT_I2C_TLS_KEY]
  --psk-identity <name>   whose pre-shared key it is (default: the id of the board) [IOT_I2C_PSK_IDENTITY]
  --watchdog              end with exit code 87 when stuck, to be started again [IOT_I2C_WATCHDOG]
  --help                  print this

TLS with a pre-shared key: it is in [IOT_I2C_PSK], in hexadecimal digits; every user of the machine would see an option.
In brackets: the variable of the environment that sets the option; flags are 1 or 0 there.
`);
});
