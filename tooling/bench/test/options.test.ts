import { describe, expect, it, vi } from 'vitest';
import { BENCH } from '../src/options.js';

const names = (...args: string[]) => BENCH.parse(args).rows.map(({ name }) => name);

describe('the options', () => {
  it('give all rows without any, and fewer with --quick', () => {
    expect(names()).toContain('neighbour');
    expect(names()).toContain('fleet-10000');
    expect(names('--quick')).toEqual(['acked-1', 'acked-100', 'relay', 'fleet-10', 'fleet-1000', 'storm']);
  });

  it('take rows by their names, and by what several names begin with', () => {
    expect(names('--only', 'acked-1')).toEqual(['acked-1']);
    expect(names('--only', 'acked,storm')).toEqual(['acked-1', 'acked-16', 'acked-100', 'storm']);
  });

  it('take version 2 of ours and the contestants that are named', () => {
    const { rows } = BENCH.parse(['--against', 'raw,ws', '--only', 'acked-1,relay']);
    expect(rows.map(({ contestants }) => contestants)).toEqual([
      ['ours-2', 'raw', 'ws'],
      ['ours-2', 'raw'],
    ]);
  });

  it('set the rounds of every row', () => {
    expect(new Set(BENCH.parse(['--rounds', '2']).rows.map(({ rounds }) => rounds))).toEqual(new Set([2]));
  });

  it.each([['--only', 'nothing'], ['--against', 'unknown'], ['--rounds', '0'], ['--slow']])(
    'refuse %s %s',
    (...args) => {
      const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      expect(() => BENCH.parse(args)).toThrow();
      expect(write.mock.calls.join('')).toMatch(/^error: .+\n/);
      write.mockRestore();
    },
  );
});
