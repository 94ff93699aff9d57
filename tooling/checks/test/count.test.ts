import { countFromEnv } from '@iot/vitest-config/count';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => void vi.unstubAllEnvs());

it('a number of cases is what the variable says, and a default without it', () => {
  vi.stubEnv('SEEDS', '100000');
  expect(countFromEnv('SEEDS', 300)).toBe(100_000);
  for (const none of [undefined, '']) {
    vi.stubEnv('SEEDS', none);
    expect(countFromEnv('SEEDS', 300)).toBe(300);
  }
});

it.each(['0', '-1', '10s', '1e3', '1.5', '100_000', 'all'])(
  'SEEDS=%s tries nothing, and is refused',
  (text) => {
    vi.stubEnv('SEEDS', text);
    expect(() => countFromEnv('SEEDS', 300)).toThrow(
      `SEEDS must be a whole number of at least 1, not "${text}"`,
    );
  },
);
