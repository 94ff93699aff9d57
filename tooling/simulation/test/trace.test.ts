import { describe, expect, it } from 'vitest';
import { escapeBytes, Trace } from '../src/trace.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('Trace', () => {
  it('shows time, who and what, with bytes in readable form', () => {
    let now = 0;
    const trace = new Trace(() => now);
    trace.log('client', 'writes', bytes('00hi\n'));
    now = 12.5;
    trace.log('world', 'stalls a2b');
    expect(trace.toString()).toBe('0 client writes "00hi\\n"\n12.5 world stalls a2b');
  });

  it('keeps the latest entries only and says how many it dropped', () => {
    let now = 0;
    const trace = new Trace(() => now, 3);
    for (now = 1; now <= 5; now += 1) trace.log('x', 'acts');
    expect(trace.toString()).toBe('(2 earlier entries dropped)\n3 x acts\n4 x acts\n5 x acts');
    expect(trace.dropped).toBe(2);
    expect(() => new Trace(() => 0, 0)).toThrow(RangeError);
  });

  it('does not change when the bytes do', () => {
    const trace = new Trace(() => 0);
    const line = bytes('a');
    trace.log('x', 'writes', line);
    line.fill(0x62);
    expect(trace.toString()).toBe('0 x writes "a"');
  });

  it('escapes what is not plain ASCII', () => {
    expect(escapeBytes(bytes('a\r\n\t°'))).toBe('a\\r\\n\\x09\\xc2\\xb0');
  });
});
