import { expect, it } from 'vitest';
import { FAULT_KINDS, parseScript, type Script } from '../src/index.js';

it('reads every kind of step', () => {
  const script: Script = [
    { at: 2000, do: 'cut', how: 'rst' },
    { at: 3000, do: 'stall', direction: 'toServer', for: 1500 },
    { at: 0, do: 'resume', direction: 'both' },
    { at: 0, do: 'delay', ms: 100, jitterMs: 50, direction: 'toClient', for: 1 },
    { at: 0, do: 'limit', bytesPerSecond: 1000 },
    { at: 0, do: 'split' },
    { at: 0, do: 'merge', ms: 20 },
    { at: 0, do: 'drop', lines: true, direction: 'toServer' },
    { at: 0, do: 'refuse', for: 3000 },
    { at: 0, do: 'heal' },
  ];
  expect(parseScript(JSON.stringify(script))).toEqual(script);
  expect(new Set(script.map((step) => step.do))).toEqual(new Set([...FAULT_KINDS, 'resume', 'heal']));
});

const good = { at: 0, do: 'heal' };

it.each([
  [{}, 'a script must be a list of steps'],
  [[good, 7], 'step 2: must be an object, not 7'],
  [[good, null], 'step 2: must be an object, not null'],
  [
    [{ at: 0 }],
    'step 1: "do" must be cut, stall, resume, delay, limit, split, merge, drop, refuse or heal, not nothing',
  ],
  [
    [{ at: 0, do: 'toString' }],
    'step 1: "do" must be cut, stall, resume, delay, limit, split, merge, drop, refuse or heal, not "toString"',
  ],
  [[{ do: 'heal' }], 'step 1 (heal): "at" must be a whole number from 0 to 2147483647, not nothing'],
  [[{ at: 0, do: 'cut', how: 'hard' }], 'step 1 (cut): "how" must be fin or rst, not "hard"'],
  [
    [{ at: 0, do: 'stall', direction: 'up' }],
    'step 1 (stall): "direction" must be toServer, toClient or both, not "up"',
  ],
  [
    [{ at: 0, do: 'stall', for: 0 }],
    'step 1 (stall): "for" must be a whole number from 1 to 2147483647, not 0',
  ],
  [
    [{ at: 0, do: 'delay', ms: '5' }],
    'step 1 (delay): "ms" must be a whole number from 0 to 2147483647, not "5"',
  ],
  [[{ at: 0, do: 'drop', lines: 1 }], 'step 1 (drop): "lines" must be true or false, not 1'],
  [[good, good, { ...good, hwo: 1 }], 'step 3 (heal): unknown "hwo"; it takes do, at'],
  [['x'.repeat(1000)], `step 1: must be an object, not "${'x'.repeat(39)}…`],
])('names the step and the field: %j', (value, message) => {
  expect(() => parseScript(JSON.stringify(value))).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_SCRIPT', message }),
  );
});

it('names in one line what is wrong with text that is not JSON', () => {
  expect(() => parseScript('[\n  {\n    at: 0 }\n]')).toThrow(/^the script is not JSON: [^\n]+$/);
});
