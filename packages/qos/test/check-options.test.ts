import { expect, it } from 'vitest';
import { requireKnownOptions } from '../src/check-options.js';

const NAMES = ['id', 'host', 'port', 'timeout', 'maxUnreadLines', 'maxUnreadBytes'];

it.each([
  ['hots', 'is it host?'],
  ['prot', 'is it port?'],
  ['HOST', 'is it host?'],
  ['timeoutMs', 'is it timeout?'],
  ['maxunreadlines', 'is it maxUnreadLines?'],
  ['maxUnreadByte', 'is it maxUnreadBytes?'],
  ['verbose', `the options are ${NAMES.join(', ')}`],
])('refuses %s, and says: %s', (name, hint) => {
  expect(() => requireKnownOptions({ host: 'here', [name]: 1 }, NAMES)).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_OPTION', message: `there is no option ${name}: ${hint}` }),
  );
});

it('names whose option it is', () => {
  expect(() => requireKnownOptions({ hots: 1 }, NAMES, 'board.')).toThrow(
    'there is no option board.hots: is it board.host?',
  );
});

it('takes what is known, and what is undefined', () => {
  requireKnownOptions({ id: 'board', host: undefined, hots: undefined }, NAMES);
});

it.each([
  [undefined, 'undefined'],
  [null, 'null'],
  ['here', 'string'],
])('refuses options that are %s', (options, what) => {
  expect(() => requireKnownOptions(options, NAMES)).toThrow(`options must be an object, not ${what}`);
});
