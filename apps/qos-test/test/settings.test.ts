import { envFile, optionsSuite } from '@iot/app-kit/testing';
import { describe, expect, it, vi } from 'vitest';
import { CAMPAIGN, CLIENT, SERVER } from '../src/settings.js';

optionsSuite({ server: SERVER, client: CLIENT, campaign: CAMPAIGN }, [
  ['server', ['--port', '65536'], "option '--port <number>' argument '65536' is invalid. It must be a whole"],
  ['server', ['--mode', 'slow'], 'Allowed choices are standard, fast.'],
  ['server', ['--prot', '1'], "unknown option '--prot'"],
  ['client', ['--id', ''], 'It must not be empty.'],
  ['client', ['--timeout', '99'], 'It must be a whole number from 100 to'],
  ['client', ['--env-file', 'nowhere'], "argument 'nowhere' is invalid. It cannot be read (ENOENT)."],
  ['campaign', ['--messages', '0'], 'It must be a whole number from 1 to'],
  ['campaign', ['--kills', 'some'], 'It must be a whole number from 0 to'],
  ['campaign', ['--messages', '1000', '--outages', '3'], 'need --messages 1500 or more'],
]);

const END = { id: 'qos', port: 8123, timeout: 1500, mode: 'standard', interval: 5000, report: 30 };

describe('without any setting', () => {
  it('the server listens on all interfaces at the port of the boards, for the id of the original', () => {
    expect(SERVER.parse([])).toEqual(END);
  });

  it('the client is that of a server on the same machine', () => {
    expect(CLIENT.parse([])).toEqual({ ...END, host: '127.0.0.1' });
  });

  it('the campaign is a short one in both modes', () => {
    const expected = {
      messages: 10_000,
      outages: 5,
      kills: 0,
      mode: 'both',
      seed: 1,
      port: 0,
      timeout: 300,
      protocol: 2,
    };
    expect(CAMPAIGN.parse([])).toEqual(expected);
  });
});

it('takes the option before the environment before the file', () => {
  vi.stubEnv('PORT', '2222');
  const path = envFile(
    "MY_ID = 'two'  # Client-unique string.\nSERVER = '192.168.0.41'\nPORT = 1111\nTIMEOUT = 2000\n",
  );
  const settings = CLIENT.parse(['--env-file', path, '--timeout', '900']);
  expect(settings).toMatchObject({ id: 'two', host: '192.168.0.41', port: 2222, timeout: 900 });
});

it('an env file can be a copy of the example', () => {
  expect(CLIENT.parse(['--env-file', '.env.example'])).toMatchObject({ ...END, host: '192.168.0.41' });
});
