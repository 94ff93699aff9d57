import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nmcliRows } from '../src/network/nmcli-output.js';

const escaped = (field: string) => field.replaceAll(/[\\:]/g, '\\$&');
const printed = (rows: string[][]) => rows.map((row) => `${row.map(escaped).join(':')}\n`).join('');

const field = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', '')),
  fc.string({ unit: fc.constantFrom(':', '\\', 'a', ' ', '\r', 'é') }),
);

it('reads what nmcli prints', () => {
  expect(nmcliRows('wlan0:wifi\nlo:loopback\n')).toEqual([
    ['wlan0', 'wifi'],
    ['lo', 'loopback'],
  ]);
  expect(nmcliRows(' lead:bf4af5fc::\niot-client a\\:b\\\\:78c0656f::\n')).toEqual([
    [' lead', 'bf4af5fc', '', ''],
    ['iot-client a:b\\', '78c0656f', '', ''],
  ]);
});

it('keeps an empty line as an empty value, and makes none of the last newline', () => {
  expect(nmcliRows('30 (disconnected)\n\n')).toEqual([['30 (disconnected)'], ['']]);
  expect(nmcliRows('')).toEqual([]);
});

it('finds every field again, whatever it holds', () => {
  fc.assert(
    fc.property(fc.array(fc.array(field, { minLength: 1 })), (rows) => {
      expect(nmcliRows(printed(rows))).toEqual(rows);
    }),
  );
});

it('takes any text, and loses nothing but the colons and backslashes of the format', () => {
  fc.assert(
    fc.property(field, (text) => {
      const kept = nmcliRows(`${text}\n`).flat().join('').replaceAll(/[\\:]/g, '');
      expect(kept).toBe(text.replaceAll(/[\\:]/g, ''));
    }),
  );
});
