import { optionsSuite } from '@iot/app-kit/testing';
import { describe, expect, it } from 'vitest';
import { CAMPAIGN, CLIENT, SERVER } from '../src/settings.js';

optionsSuite({ server: SERVER, client: CLIENT, campaign: CAMPAIGN }, [
  ['server', ['--mode', 'slow'], 'Allowed choices are standard, fast.'],
  ['client', ['--id', ''], 'It must not be empty.'],
  ['campaign', ['--messages', '0'], 'It must be a whole number from 1 to'],
  ['campaign', ['--kills', 'some'], 'It must be a whole number from 0 to'],
  ['campaign', ['--store', 'quick'], 'Allowed choices are full, relaxed.'],
  ['campaign', ['--messages', '1000', '--outages', '3'], 'need --messages 1500 or more'],
]);

const END = { id: 'qos', port: 8123, timeout: 1500, mode: 'standard', interval: 5000, report: 30 };

describe('without any setting', () => {
  it('the server listens on all interfaces at the port of the boards, for the id of the original', () => {
    expect(SERVER.parse([])).toEqual({ ...END, plain: true });
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

it('the stores of a campaign are synced, unless it is told otherwise', () => {
  expect(CAMPAIGN.parse(['--store']).store).toBe('full');
  expect(CAMPAIGN.parse(['--store', 'relaxed']).store).toBe('relaxed');
});
