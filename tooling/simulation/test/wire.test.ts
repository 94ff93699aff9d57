import { describe, expect, it } from 'vitest';
import { Trace } from '../src/trace.js';
import { bytes, text, WireRig } from './wire-rig.js';

describe('a healthy wire', () => {
  it('brings each write to the other end, never from inside the call', () => {
    const rig = new WireRig();
    expect(rig.wire.a.write(bytes('hi\n'))).toBe(true);
    rig.wire.b.write(bytes('00\n'));
    expect(rig.seen.b).toEqual([]);
    rig.run();
    expect(rig.seen).toEqual({ a: ['@0 00\n'], b: ['@0 hi\n'] });
  });

  it('copies what is written', () => {
    const rig = new WireRig();
    const line = bytes('abc');
    rig.wire.a.write(line);
    line.fill(0x78);
    rig.run();
    expect(rig.read('b')).toBe('abc');
  });

  it('ignores an empty write', () => {
    const rig = new WireRig();
    expect(rig.wire.a.write(bytes(''))).toBe(true);
    expect(rig.run().seen.b).toEqual([]);
  });

  it('logs what both ends do', () => {
    const trace = new Trace(() => 0);
    const rig = new WireRig({ name: 'w', trace });
    rig.wire.a.write(bytes('x'));
    rig.wire.a.close();
    rig.run();
    expect(trace.toString()).toBe('0 w.a writes "x"\n0 w.a closes\n0 w.b reads "x"\n0 w.b sees fin');
  });

  it('keeps bytes for an end that does not read yet, and a fin after them', () => {
    const rig = new WireRig();
    rig.wire.b.onData = undefined;
    rig.wire.a.write(bytes('1\n'));
    rig.wire.a.close();
    rig.run(10);
    expect(rig.seen.b).toEqual([]);
    rig.listen(rig.wire.b, rig.seen.b);
    rig.run();
    expect(rig.seen.b).toEqual(['@10 1\n', '@10 <fin>']);
  });
});

describe('a wire that pauses', () => {
  it('brings what is after the given number of bytes later, wherever in a write that is, and a fin after it', () => {
    for (const [afterBytes, expected] of [
      [0, ['@50 ab', '@50 cd']],
      [1, ['@0 a', '@50 b', '@50 cd']],
      [2, ['@0 ab', '@50 cd']],
      [3, ['@0 ab', '@0 c', '@50 d']],
      [4, ['@0 ab', '@0 cd']],
    ] as const) {
      const rig = new WireRig();
      rig.wire.pause('a2b', afterBytes, 50);
      rig.wire.a.write(bytes('ab'));
      rig.wire.a.write(bytes('cd'));
      rig.wire.a.close();
      expect(rig.run(100).seen.b).toEqual([...expected, afterBytes === 4 ? '@0 <fin>' : '@50 <fin>']);
    }
  });

  it('pauses once', () => {
    const rig = new WireRig();
    rig.wire.pause('a2b', 1, 50);
    rig.wire.a.write(bytes('ab'));
    rig.run(60);
    rig.wire.a.write(bytes('cd'));
    expect(rig.run().seen.b).toEqual(['@0 a', '@50 b', '@60 cd']);
  });
});

describe('a slow wire', () => {
  it('brings segments of at most 1,400 bytes at its rate, and all at once when it is healed', () => {
    const rig = new WireRig({ bytesPerSecond: 14_000 });
    rig.wire.a.write(bytes('x'.repeat(3000)));
    rig.wire.a.write(bytes('\n'.repeat(1400)));
    rig.run(1000);
    const times = rig.seen.b.map((entry) => Math.round(parseFloat(entry.slice(1))));
    expect(times).toEqual([100, 200, 214, 314]);
    rig.wire.heal();
    rig.wire.a.write(bytes('x'.repeat(3000)));
    rig.run();
    expect(rig.seen.b).toHaveLength(5);
  });
});

describe('latency', () => {
  it('delays each chunk within its bounds and keeps the order', () => {
    const rig = new WireRig({ latencyMs: { min: 20, max: 90 } });
    for (let n = 0; n < 50; n += 1) {
      const sent = rig.clock.now;
      rig.clock.at(sent, () => rig.wire.a.write(bytes(`${n};`)));
      rig.run(3);
    }
    rig.run(100);
    expect(rig.read('b')).toBe(Array.from({ length: 50 }, (_, n) => `${n};`).join(''));
    const delays = rig.seen.b.map((entry, n) => Number(/@(\d+)/.exec(entry)?.[1]) - n * 3);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...delays)).toBeLessThanOrEqual(90);
    expect(new Set(delays).size).toBeGreaterThan(5);
  });

  it('can differ by direction and change in mid-flight', () => {
    const rig = new WireRig();
    rig.wire.configure('b2a', { latencyMs: { min: 30, max: 30 } });
    rig.wire.a.write(bytes('a'));
    rig.wire.b.write(bytes('b'));
    rig.run(40);
    rig.wire.configure('both', { latencyMs: { min: 5, max: 5 } });
    rig.wire.b.write(bytes('c'));
    rig.run(10);
    expect(rig.seen).toEqual({ a: ['@30 b', '@45 c'], b: ['@0 a'] });
  });
});

describe('chunking', () => {
  const write = (rig: WireRig) => {
    for (const line of ['first\n', 'second\n', 'third\n']) rig.wire.a.write(bytes(line));
    return rig.run(100);
  };

  it('delivers as written by default', () => {
    expect(write(new WireRig()).seen.b).toEqual(['@0 first\n', '@0 second\n', '@0 third\n']);
  });

  it('delivers byte by byte', () => {
    const rig = write(new WireRig({ chunking: 'bytes' }));
    expect(rig.read('b')).toBe('first\nsecond\nthird\n');
    expect(rig.seen.b).toHaveLength(19);
  });

  it('splits at every point and merges neighbours when random, without changing the bytes', () => {
    const chunks = new Set<string>();
    for (let seed = 1; seed <= 300; seed += 1) {
      const rig = write(new WireRig({ chunking: 'random', latencyMs: { min: 0, max: 3 } }, seed));
      expect(rig.read('b')).toBe('first\nsecond\nthird\n');
      for (const entry of rig.seen.b) chunks.add(entry.slice(entry.indexOf(' ') + 1));
    }
    for (const chunk of ['f', 'first', '\n', 'first\nsecond\n', 'first\nsecond\nthird\n']) {
      expect(chunks).toContain(chunk);
    }
  });
});

describe('back pressure', () => {
  it('returns false over the limit and reports when enough has been delivered', () => {
    const rig = new WireRig({ sendBufferBytes: 4 });
    rig.wire.stall('a2b');
    expect(rig.wire.a.write(bytes('1234'))).toBe(true);
    expect(rig.wire.a.write(bytes('5'))).toBe(false);
    rig.run(10);
    expect(rig.seen.a).toEqual([]);
    rig.wire.resume('a2b');
    rig.run();
    expect(rig.seen).toEqual({ a: ['@10 <drain>'], b: ['@10 1234', '@10 5'] });
  });
});

describe('closing', () => {
  it('shows fin after what was sent before, and calls no handler of the closed end any more', () => {
    const rig = new WireRig({ latencyMs: { min: 5, max: 5 } });
    rig.wire.b.write(bytes('too late'));
    rig.wire.a.write(bytes('bye\n'));
    rig.wire.a.close();
    expect(rig.wire.a.open).toBe(false);
    rig.run(20);
    expect(rig.seen).toEqual({ a: [], b: ['@5 bye\n', '@5 <fin>'] });
    expect(rig.wire.b.open).toBe(false);
  });

  it('takes writes and closes after the end as nothing', () => {
    const rig = new WireRig();
    rig.wire.a.close();
    rig.wire.a.close();
    rig.wire.a.abort();
    expect(rig.wire.a.write(bytes('x'))).toBe(true);
    expect(rig.run().seen.b).toEqual(['@0 <fin>']);
  });

  it('aborts: what is in flight is lost and the other end sees a reset', () => {
    const rig = new WireRig({ latencyMs: { min: 5, max: 5 } });
    rig.wire.a.write(bytes('lost'));
    rig.wire.a.abort();
    rig.run(20);
    expect(rig.seen.b).toEqual(['@5 <reset>']);
  });

  it('stops delivering in the middle of a chunk when the reader closes', () => {
    const rig = new WireRig({ chunking: 'bytes' });
    rig.wire.b.onData = (chunk) => {
      rig.seen.b.push(text(chunk));
      if (rig.seen.b.length === 2) rig.wire.b.close();
    };
    rig.wire.a.write(bytes('abcdef'));
    rig.run();
    expect(rig.seen.b).toEqual(['a', 'b']);
    expect(rig.seen.a).toEqual(['@0 <fin>']);
  });
});

describe('a stall', () => {
  it('lets nothing through in its direction, and everything on resume', () => {
    const rig = new WireRig();
    rig.wire.stall('a2b');
    rig.wire.a.write(bytes('one'));
    rig.wire.b.write(bytes('other way'));
    rig.run(50);
    rig.wire.a.write(bytes('two'));
    rig.run(50);
    expect(rig.seen).toEqual({ a: ['@0 other way'], b: [] });
    rig.wire.resume('a2b');
    rig.run();
    expect(rig.seen.b).toEqual(['@100 one', '@100 two']);
  });

  it('catches what was in flight when it began', () => {
    const rig = new WireRig({ latencyMs: { min: 5, max: 5 } });
    rig.wire.a.write(bytes('x'));
    rig.run(2);
    rig.wire.stall('both');
    rig.run(20);
    expect(rig.seen.b).toEqual([]);
    rig.wire.resume('both');
    expect(rig.run().seen.b).toEqual(['@22 x']);
  });

  it('leaves an end half-open when the other closes meanwhile; data and fin come on resume', () => {
    const rig = new WireRig();
    rig.wire.stall('a2b');
    rig.wire.a.write(bytes('last'));
    rig.wire.a.close();
    rig.run(1_000);
    expect(rig.wire.b.open).toBe(true);
    rig.wire.resume('a2b');
    expect(rig.run().seen.b).toEqual(['@1000 last', '@1000 <fin>']);
  });

  it('can swallow a reset: the end stays half-open until it writes', () => {
    const rig = new WireRig({ resetAfterStall: 'write' });
    rig.wire.stall('a2b');
    rig.wire.a.abort();
    rig.run(100);
    rig.wire.resume('a2b');
    rig.run(100);
    expect(rig.wire.b.open).toBe(true);
    rig.wire.b.write(bytes('\n'));
    expect(rig.run().seen.b).toEqual(['@200 <reset>']);
  });

  it('cannot swallow the reset that answers data, since TCP repeats the data', () => {
    const rig = new WireRig({ resetAfterStall: 'write' });
    rig.wire.stall('a2b');
    rig.wire.a.abort();
    rig.wire.b.write(bytes('\n'));
    rig.run(100);
    rig.wire.resume('a2b');
    expect(rig.run().seen.b).toEqual(['@100 <reset>']);
  });
});

describe('a reset in the middle', () => {
  it('shows at both ends and loses what was in flight', () => {
    const rig = new WireRig({ latencyMs: { min: 5, max: 5 } });
    rig.wire.a.write(bytes('x'));
    rig.wire.b.write(bytes('y'));
    rig.run(1);
    rig.wire.reset();
    rig.run(20);
    expect(rig.seen).toEqual({ a: ['@1 <reset>'], b: ['@1 <reset>'] });
  });

  it('reaches a stalled end on resume', () => {
    const rig = new WireRig({ resetAfterStall: 'resume' });
    rig.wire.stall('b2a');
    rig.wire.reset();
    rig.run(10);
    expect(rig.seen).toEqual({ a: [], b: ['@0 <reset>'] });
    rig.wire.resume('b2a');
    expect(rig.run().seen.a).toEqual(['@10 <reset>']);
  });

  it('or when the stalled end writes after the resume', () => {
    const rig = new WireRig({ resetAfterStall: 'write' });
    rig.wire.stall('both');
    rig.wire.reset();
    rig.run(10);
    rig.wire.resume('both');
    rig.run(10);
    expect(rig.seen).toEqual({ a: [], b: [] });
    rig.wire.a.write(bytes('anybody there?'));
    rig.wire.b.close();
    rig.run();
    expect(rig.seen).toEqual({ a: ['@20 <reset>'], b: [] });
  });

  it('is seen by an end that is not reading', () => {
    const rig = new WireRig();
    rig.wire.b.onData = undefined;
    rig.wire.a.write(bytes('unread'));
    rig.run();
    rig.wire.reset();
    expect(rig.run().seen.b).toEqual(['@0 <reset>']);
  });
});

describe('a power cut', () => {
  it('shows the other end nothing, whatever it writes', () => {
    const rig = new WireRig({ latencyMs: { min: 5, max: 5 } });
    rig.wire.a.write(bytes('in flight'));
    rig.wire.a.powerCut();
    rig.wire.b.write(bytes('hello?'));
    rig.run(10_000);
    expect(rig.seen).toEqual({ a: [], b: [] });
    expect(rig.wire.b.open).toBe(true);
  });

  it('is answered by a reset once the host is up again and hears something', () => {
    const rig = new WireRig({ latencyMs: { min: 5, max: 5 } });
    rig.wire.a.powerCut();
    rig.run(100);
    rig.wire.a.powerBack();
    rig.run(100);
    expect(rig.seen.b).toEqual([]);
    rig.wire.b.write(bytes('\n'));
    rig.run(20);
    expect(rig.seen.b).toEqual(['@210 <reset>']);
  });

  it('is answered at once when something waits already', () => {
    const rig = new WireRig();
    rig.wire.a.powerCut();
    rig.wire.b.write(bytes('\n'));
    rig.run(100);
    rig.wire.a.powerBack();
    expect(rig.run().seen.b).toEqual(['@100 <reset>']);
  });
});

describe('vanish', () => {
  it('loses the next whole write in its direction and leaves the connection up', () => {
    const rig = new WireRig({ chunking: 'random' });
    rig.wire.vanish('a2b');
    rig.wire.b.write(bytes('safe'));
    expect(rig.wire.a.write(bytes('gone\n'))).toBe(true);
    rig.wire.a.write(bytes('here\n'));
    rig.run();
    expect([rig.read('a'), rig.read('b')]).toEqual(['safe', 'here\n']);
  });

  it('waits for the write that matches', () => {
    const rig = new WireRig();
    rig.wire.vanish('a2b', (chunk) => text(chunk) === '03\n');
    for (const line of ['02\n', '03\n', '03\n']) rig.wire.a.write(bytes(line));
    expect(rig.run().read('b')).toBe('02\n03\n');
  });
});

it('heals: stalls end, nothing more vanishes, writes come at once and as written', () => {
  const rig = new WireRig({ latencyMs: { min: 5, max: 9 }, chunking: 'bytes' });
  rig.wire.stall('both');
  rig.wire.vanish('a2b');
  rig.wire.heal();
  rig.wire.a.write(bytes('as written'));
  rig.wire.b.write(bytes('too'));
  expect(rig.run().seen).toEqual({ a: ['@0 too'], b: ['@0 as written'] });
});

it('is the same world for the same seed', () => {
  const play = (seed: number) => {
    const rig = new WireRig({ latencyMs: { min: 0, max: 50 }, chunking: 'random' }, seed);
    for (let n = 0; n < 30; n += 1) rig.wire.a.write(bytes(`line ${n}\n`));
    return rig.run(1_000).seen.b;
  };
  expect(play(4)).toEqual(play(4));
  expect(play(4)).not.toEqual(play(5));
});
