import { expect, it } from 'vitest';
import { unsuitable } from '../src/licence-rules.js';

const bad = (license: string, use: 'passed-on' | 'tool' = 'passed-on', name = 'some') =>
  unsuitable([{ name, license }], use).length > 0;

it('takes what is as free as MIT', () => {
  for (const license of ['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause', '0BSD'])
    expect(bad(license)).toBe(false);
});

it('takes an alternative when one side of it will do', () => {
  expect(bad('(WTFPL OR GPL-3.0-only)')).toBe(false);
  expect(bad('GPL-2.0-only OR GPL-3.0-only')).toBe(true);
});

it('takes a combination only when all of it will do', () => {
  expect(bad('MIT AND ISC')).toBe(false);
  expect(bad('MIT AND GPL-3.0-only')).toBe(true);
  expect(bad('(GPL-3.0-only OR MIT AND ISC)')).toBe(false);
});

it('refuses copyleft, and what says nothing', () => {
  for (const license of ['GPL-3.0-only', 'AGPL-3.0-or-later', 'LGPL-3.0-only', 'Unknown', 'UNLICENSED', '']) {
    expect(bad(license)).toBe(true);
    expect(bad(license, 'tool')).toBe(true);
  }
});

it('takes file-wise copyleft for a tool, and not for what is passed on', () => {
  expect(bad('MPL-2.0', 'tool')).toBe(false);
  expect(bad('MPL-2.0', 'passed-on')).toBe(true);
});

it('knows what was read by hand', () => {
  expect(bad('Unknown', 'tool', 'spawndamnit')).toBe(false);
});
