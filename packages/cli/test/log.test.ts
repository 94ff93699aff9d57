import { expect, it } from 'vitest';
import { asJson, asText, Log, type Format } from '../src/serve/log.js';

const at = new Date(2026, 2, 1, 8, 9, 10);

it('a person sees the time, the level, the message, and what belongs to it', () => {
  expect(asText(false)('warn', 'the link is down', { id: 'cellar', retries: 3 }, at)).toBe(
    '08:09:10 warn  the link is down  id=cellar  retries=3',
  );
});

it('a person sees what comes from outside as JSON, so that a terminal does not obey it', () => {
  expect(asText(false)('info', 'up', { id: 'a b\u001b[2J\u009b2J' }, at)).toBe(
    '08:09:10 info  up  id="a b\\u001b[2J\\u009b2J"',
  );
});

it('a person sees colours, unless they are not wanted', () => {
  expect(asText(true)('error', 'failed', {}, at)).toContain('\u001b[31merror\u001b[39m');
  expect(asText(false)('error', 'failed', {}, at)).not.toContain('\u001b');
});

it('a program reads a JSON object a line', () => {
  expect(JSON.parse(asJson('info', 'up', { id: 'a\n' }, at))).toEqual({
    time: at.toISOString(),
    level: 'info',
    message: 'up',
    id: 'a\n',
  });
});

it('what is below the level is not written, also when the level changes', () => {
  const written: string[] = [];
  const format: Format = (level) => level;
  const log = new Log('warn', format, (line) => written.push(line));
  const all = () => (['debug', 'info', 'warn', 'error'] as const).forEach((level) => log[level]({}, ''));
  all();
  log.level = 'debug';
  all();
  expect(written).toEqual(['warn', 'error', 'debug', 'info', 'warn', 'error']);
});
