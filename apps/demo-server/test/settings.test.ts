import { envFile, optionsSuite } from '@iot/app-kit/testing';
import { describe, expect, it, vi } from 'vitest';
import { CLIENT, DEMO, START } from '../src/settings.js';

optionsSuite({ start: START, client: CLIENT, demo: DEMO }, [
  ['start', ['--port', '65536'], "option '--port <number>' argument '65536' is invalid. It must be a whole"],
  ['start', ['--port', 'http'], "argument 'http' is invalid. It must be a whole number from 0 to 65535."],
  ['start', ['--port'], "option '--port <number>' argument missing"],
  ['start', ['--prot', '1'], "unknown option '--prot'"],
  ['start', ['9000'], 'too many arguments. Expected 0'],
  ['client', ['--port', '0'], 'It must be a whole number from 1 to 65535.'],
  ['client', ['--id', '5'], "argument '5' is invalid. It must be one of 1, 2, 3, 4."],
  ['client', ['--timeout', '99'], 'It must be a whole number from 100 to'],
  ['client', ['--interval', '1.5'], 'It must be a whole number from 1 to'],
  ['client', ['--env-file', 'nowhere'], "argument 'nowhere' is invalid. It cannot be read (ENOENT)."],
  ['demo', ['--seconds', '0'], 'It must be a whole number from 1 to'],
  ['demo', ['--i2c', '--seconds', '5'], "option '--i2c' cannot be used with option '--seconds <s>'"],
]);

describe('without any setting', () => {
  it('the server listens on all interfaces at the port of the boards', () => {
    expect(START.parse([])).toEqual({
      port: 8123,
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

describe('precedence', () => {
  it('takes the file before the default', () => {
    expect(CLIENT.parse(['--env-file', envFile('PORT=1111')])).toMatchObject({ port: 1111, timeout: 1500 });
  });

  it('takes the environment before the file', () => {
    vi.stubEnv('PORT', '2222');
    const settings = CLIENT.parse(['--env-file', envFile('PORT=1111\nTIMEOUT=1000')]);
    expect(settings).toMatchObject({ port: 2222, timeout: 1000 });
  });

  it('takes the option before all, on whichever side of --env-file it stands', () => {
    vi.stubEnv('PORT', '2222');
    const path = envFile('PORT=1111');
    expect(CLIENT.parse(['--port', '3333', '--env-file', path])).toMatchObject({ port: 3333 });
    expect(CLIENT.parse(['--env-file', path, '--port', '3333'])).toMatchObject({ port: 3333 });
  });
});

describe('an env file', () => {
  it('can be the local.py of a board', () => {
    const path = envFile(
      [
        "MY_ID = '2'  # Client-unique string.",
        "SERVER = '192.168.0.41'  # Server IP address.",
        "SSID = 'my_ssid'",
        "PW = 'WiFi_password'",
        'PORT = 8123',
        'TIMEOUT = 2000',
      ].join('\n'),
    );
    const settings = CLIENT.parse(['--env-file', path]);
    expect(settings).toMatchObject({ id: '2', host: '192.168.0.41', port: 8123, timeout: 2000 });
  });

  it('can be a copy of the example', () => {
    const settings = CLIENT.parse(['--env-file', '.env.example']);
    expect(settings).toMatchObject({
      id: '1',
      host: '192.168.0.41',
      port: 8123,
      timeout: 1500,
      interval: 5000,
    });
  });
});

it('takes an id that ends in a newline, as a local.py may have it', () => {
  vi.stubEnv('MY_ID', '3\n');
  expect(CLIENT.parse([]).id).toBe('3');
});
