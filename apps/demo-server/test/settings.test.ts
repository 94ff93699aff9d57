import { optionsSuite } from '@iot/app-kit/testing';
import { describe, expect, it, vi } from 'vitest';
import { CLIENT, DEMO, START } from '../src/settings.js';

optionsSuite({ start: START, client: CLIENT, demo: DEMO }, [
  ['start', ['9000'], 'too many arguments. Expected 0'],
  ['client', ['--port', '0'], 'It must be a whole number from 1 to 65535.'],
  ['start', ['--psk-file', 'keys', '--tls-key', 'key'], "cannot be used with option '--tls-key <file>'"],
  ['client', ['--id', '5'], "argument '5' is invalid. It must be one of 1, 2, 3, 4."],
  ['demo', ['--seconds', '0'], 'It must be a whole number from 1 to'],
  ['demo', ['--i2c', '--seconds', '5'], "option '--i2c' cannot be used with option '--seconds <s>'"],
]);

describe('without any setting', () => {
  it('the server listens on all interfaces at the port of the boards', () => {
    expect(START.parse([])).toEqual({
      port: 8123,
      plain: true,
      timeout: 1500,
      interval: 5000,
    });
  });

  it('the client is client 1 of a server on the same machine', () => {
    expect(CLIENT.parse([])).toEqual({
      id: '1',
      host: '127.0.0.1',
      port: 8123,
      timeout: 1500,
      interval: 5000,
    });
  });

  it('the demo takes 20 s', () => {
    expect(DEMO.parse([])).toEqual({
      seconds: 20,
      port: 8123,
      timeout: 1500,
      interval: 250,
    });
  });
});

it('takes an id that ends in a newline, as a local.py may have it', () => {
  vi.stubEnv('MY_ID', '3\n');
  expect(CLIENT.parse([]).id).toBe('3');
});
