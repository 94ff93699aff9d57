import { optionsSuite } from '@iot/app-kit/testing';
import { expect, it } from 'vitest';
import { LATENCY, REMOTE, RX, SERVER, TX } from '../src/settings.js';

optionsSuite({ server: SERVER, tx: TX, rx: RX, remote: REMOTE, latency: LATENCY }, [
  ['server', ['9000'], 'too many arguments. Expected 0'],
  ['tx', ['--port', '0'], 'It must be a whole number from 1 to 65535.'],
  ['tx', ['--gpio-button', '17'], 'It must be a chip and a line, like gpiochip0:17.'],
  ['tx', ['--gpio-button', '0:17', '--every', '9'], "cannot be used with option '--every <ms>'"],
  ['rx', ['--gpio-led', 'gpiochip0:'], 'It must be a chip and a line, like gpiochip0:17.'],
  ['remote', ['--every', '0'], 'It must be a whole number from 1 to'],
  ['latency', ['--presses', '0'], 'It must be a whole number from 1 to 1000000.'],
]);

it('without any setting the server listens where boards look for it, and the clients look on the same machine', () => {
  expect(SERVER.parse([])).toEqual({ port: 8123, plain: true, timeout: 1500 });
  const client = { host: '127.0.0.1', port: 8123, timeout: 1500 };
  expect(TX.parse([])).toEqual(client);
  expect(RX.parse([])).toEqual(client);
  expect(REMOTE.parse([])).toEqual({ port: 8123, timeout: 1500 });
  expect(LATENCY.parse([])).toEqual({ presses: 2000 });
});

it('a GPIO line is a chip and a line', () => {
  expect(TX.parse(['--gpio-button', 'gpiochip0:17']).gpioButton).toEqual({ chip: 'gpiochip0', line: 17 });
  expect(RX.parse(['--gpio-led', '0:GPIO18']).gpioLed).toEqual({ chip: '0', line: 'GPIO18' });
});
