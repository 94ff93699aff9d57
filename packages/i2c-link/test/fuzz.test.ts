/** Whatever the other unit says, its lines are read or are a `PeerError`, and no error shows a password. */
import { PeerError, UsageError } from '@iot/framing';
import { fuzz } from '@iot/vitest-config/fuzz';
import { expect, it } from 'vitest';
import { readSettings } from '../src/cli/settings.js';
import { checkConfig, encodeConfig, parseConfig } from '../src/messages/config.js';
import {
  encodeBoardLine,
  encodeResponderMessage,
  parseBoardLine,
  parseResponderMessage,
} from '../src/messages/conversation.js';
import { TextLines } from '../src/messages/text-lines.js';

const PASSWORD = 'swordfish';
const KEY = '1f'.repeat(16);

function corpus(name: string): URL {
  return new URL(`corpus/${name}/`, import.meta.url);
}

it('the configuration', async () => {
  const words = [
    '"cfg"]',
    '["',
    '",',
    '1500',
    '-1',
    '1e9',
    'null',
    '[]',
    '\\ud800',
    '\\n',
    '\n',
    `"${PASSWORD}"`,
  ];
  await fuzz({ corpus: corpus('config'), words }, (bytes) => {
    const config = parseConfig(bytes.toString());
    if (config instanceof PeerError) {
      expect(config.message).not.toContain(PASSWORD);
      expect(config.message).not.toContain('\n');
    } else {
      expect(checkConfig(config)).toEqual(config);
      expect(parseConfig(encodeConfig(config))).toEqual(config);
    }
  });
});

it('the lines of the conversation, of both sides', async () => {
  const words = ['\n', 'n', 'u', 'r[', ']', '0', '3', '[1,2,3]', '1e999', '\0', '\ufeff'];
  await fuzz({ corpus: corpus('messages'), words }, (bytes) => {
    const whole = new TextLines(30, 'the board').push(bytes);
    const split = new TextLines(30, 'the board');
    expect([...bytes].flatMap((byte) => split.push(Uint8Array.of(byte)))).toEqual(whole);
    for (const line of whole) {
      if (line instanceof PeerError) continue;
      const fromBoard = parseBoardLine(line);
      if (!(fromBoard instanceof PeerError))
        expect(encodeBoardLine(fromBoard.text, fromBoard.flags)).toBe(line);
      const fromResponder = parseResponderMessage(line);
      if (!(fromResponder instanceof PeerError))
        expect(parseResponderMessage(encodeResponderMessage(fromResponder))).toEqual(fromResponder);
    }
  });
});

it('the arguments and the environment of iot-i2c-bridge', async () => {
  const names = [
    'bus',
    'syn',
    'ack',
    'reset',
    'reset-level',
    'wifi',
    'watchdog',
    'tls-ca',
    'tls-cert',
    'psk-identity',
  ];
  const words = ['\n', '=', '-', '--', '1', 'gpiochip0:17', KEY, ...names.map((name) => `\n--${name}\n`)];
  await fuzz({ corpus: corpus('arguments'), words }, (bytes) => {
    const [key = '', ...args] = bytes.toString().split('\n');
    try {
      expect(readSettings(args, { IOT_I2C_PSK: key })).toBeTruthy();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).not.toContain('\n');
      if (key.length > 8 && !args.join().includes(key)) expect((error as Error).message).not.toContain(key);
    }
  });
});
