import { PeerError, UsageError } from '@iot/framing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfig, encodeConfig, parseConfig, type LinkConfig } from '../src/messages/config.js';

const config: LinkConfig = {
  id: '1',
  port: 8123,
  host: '192.168.0.41',
  timeout: 1500,
  reportSeconds: 10,
  ssid: 'my "net"',
  password: 'p\\ss é',
};

const line = (change: (list: unknown[]) => void) => {
  const list = JSON.parse(encodeConfig(config)) as unknown[];
  change(list);
  return JSON.stringify(list);
};

describe('the configuration', () => {
  it('is one line of JSON, marked at its end', () => {
    expect(encodeConfig(config)).toBe(
      String.raw`["1",8123,"192.168.0.41",1500,10,"my \"net\"","p\\ss é","cfg"]`,
    );
  });

  it("is read as Python writes it, with the newline that an original's id ends in", () => {
    const python = String.raw`["1\n", 8123, "192.168.0.41", 1500, 10, "my \"net\"", "p\\ss \u00e9", "cfg"]`;
    expect(parseConfig(python)).toEqual(config);
  });

  it('reads what it has written, whatever the texts', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((it) => it.isWellFormed());
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 65535 }), (ssid, password, port) => {
        const any = { ...config, ssid, password, port };
        const written = encodeConfig(any);
        expect(written).not.toContain('\n');
        expect(parseConfig(written)).toEqual(any);
      }),
    );
  });

  it.each([
    ['no JSON', '{'],
    ['no list', '{"0":1}'],
    ['null', 'null'],
    ['an empty line', ''],
    ['a line for the server', '3hello'],
    ['a list that is too short', line((it) => it.splice(4, 1))],
    ['a list that is too long', line((it) => it.splice(4, 0, 1))],
    ['no mark', line((it) => (it[7] = 'cgf'))],
    ['an empty id', line((it) => (it[0] = ''))],
    ['an id with a newline inside', line((it) => (it[0] = 'a\nb'))],
    ['a port that is text', line((it) => (it[1] = '8123'))],
    ['a port out of range', line((it) => (it[1] = 65536))],
    ['an empty host', line((it) => (it[2] = ''))],
    ['a host that is not text', line((it) => (it[2] = 42))],
    ['a timeout out of range', line((it) => (it[3] = 99))],
    ['a negative time between reports', line((it) => (it[4] = -1))],
    ['a time between reports that no timer takes', line((it) => (it[4] = 1e7))],
    ['an ssid that is none', line((it) => (it[5] = null))],
    ['a password with half a character', line((it) => (it[6] = '\ud800'))],
  ])('does not take %s', (_, text) => {
    expect(parseConfig(text)).toBeInstanceOf(PeerError);
    expect(parseConfig(text)).toMatchObject({ code: 'ERR_BAD_FRAME' });
  });

  it('never throws over a line, and never shows it: it holds a password', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseConfig(text)).toBeInstanceOf(PeerError);
      }),
    );
    for (const [place, name] of [
      [1, 'port'],
      [3, 'timeout'],
      [4, 'reportSeconds'],
    ] as const) {
      const { message } = parseConfig(line((it) => (it[place] = config.password))) as PeerError;
      expect(message).toContain(`${name} must be a whole number`);
      expect(message).not.toContain(config.password);
    }
  });

  it("is checked before it is sent: that is the caller's mistake", () => {
    expect(checkConfig({ ...config, id: 'board\n' }).id).toBe('board');
    expect(() => checkConfig({ ...config, host: '' })).toThrow(UsageError);
    expect(() => checkConfig({ ...config, id: '' })).toThrow(expect.objectContaining({ code: 'ERR_BAD_ID' }));
    expect(() => checkConfig({ ...config, timeout: 1.5 })).toThrow('timeout must be a whole number');
  });
});
