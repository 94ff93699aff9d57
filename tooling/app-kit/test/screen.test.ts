import { expect, it } from 'vitest';
import { Screen } from '../src/screen.js';

it('draws the status again below the lines, on a terminal', () => {
  const written: string[] = [];
  const screen = new Screen({ isTTY: true, columns: 10, write: (text) => written.push(text) });
  screen.line('one');
  screen.status('status, too long');
  screen.line('two');
  screen.end();
  expect(written).toEqual(['\r\x1b[2Kone\n', '\r\x1b[2Kstatus, t', '\r\x1b[2Ktwo\nstatus, t', '\r\x1b[2K']);
});

it('writes lines and no status where there is no terminal', () => {
  const written: string[] = [];
  const screen = new Screen({ write: (text) => written.push(text) });
  screen.line('one');
  screen.status('status');
  screen.end();
  expect(written).toEqual(['one\n']);
});
