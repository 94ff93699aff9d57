import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeUtf8 } from '@iot/framing';
import { Random, runSeeds, seedsFromEnv } from '@iot/simulation';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/index.js';
import { opening, ROLES } from './bench.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const seeds = seedsFromEnv(process.env, { count: 100 });

/** What a peer may say, in whole or in part; numbers are drawn among those that matter, and a few others. */
const WORDS = [
  () => '\n',
  () => '-2\n',
  (random: Random) =>
    opening({
      epoch: random.pick(['b1', 'b2', 'a1', 'a2']),
      base: count(random),
      known: random.pick([undefined, 'a1', 'a2', 'b1']),
      taken: count(random),
      received: count(random),
      window: count(random) * 10,
      lineCost: random.int(0, 20),
      longest: random.int(0, 50),
      unacked: random.int(0, 1),
    }),
  () => opening(),
  () => opening({ known: 'a1' }),
  (random: Random) => `${count(random)} text ${random.int(0, 9)}\n`,
  (random: Random) => `${count(random)} \n`,
  () => ' unsafe\n',
  (random: Random) => `+${count(random)} ${count(random)} ${count(random) * 10} ${count(random)}\n`,
  (random: Random) => `!${random.pick(['closed', 'gap', 'busy 5', 'over'])} bye\n`,
  (random: Random) => `${random.pick(['00', '01', '05', 'ff'])}hi\n`,
  (random: Random) => `${random.pick(['00', '01', '05', 'ff'])}\n`,
  () => `${'x'.repeat(600)}\n`,
];

function count(random: Random): number {
  return random.chance(0.95) ? random.int(0, 6) : random.pick([119, 256, 2 ** 53 - 1]);
}

/** A few words, at times with bytes changed, left out or put in. */
function chunk(random: Random): Uint8Array {
  const words = Array.from({ length: random.int(1, 5) }, () => random.pick(WORDS)(random));
  const bytes = [...encodeUtf8(words.join(''))];
  for (let damage = random.pick([0, 0, 0, 1, 3]); damage > 0; damage--) {
    const at = random.int(0, bytes.length);
    bytes.splice(at, random.int(0, 2), ...(random.chance(0.5) ? [random.int(0, 255)] : []));
  }
  return Uint8Array.from(bytes);
}

const LIMITS = { maxUnreadLines: 8, maxUnreadBytes: 800, maxLineBytes: 100, timeout: 1000 };

/** A session to which anything is said, and an application that does anything. */
class Victim {
  readonly session: Session;
  readonly #random: Random;
  #now = 0;
  #written = 0;

  constructor(random: Random, role: 'client' | 'server') {
    let epochs = 0;
    this.#random = random;
    this.session = new Session({
      ...LIMITS,
      role,
      id: 'board',
      ackWhen: random.pick(['received', 'read']),
      protocol: random.pick([1, 2, 2, 2]),
      drawEpoch: () => `a${(++epochs).toString(16)}`,
    });
  }

  step(): void {
    const { session } = this;
    const random = this.#random;
    if (!session.linkOpen) session.open(this.#now);
    const action = random.int(0, 9);
    if (action < 5) session.receive(chunk(random), this.#now);
    else if (action === 5) this.#pass(random.pick([0, 1, 250, 1000]));
    else if (action === 6) this.#write();
    else if (action === 7) session.read();
    else if (action === 8) session.withdraw(random.int(0, this.#written));
    else if (random.chance(0.2))
      session.linkClosed(this.#now, random.pick(['closed', 'fin', 'reset'] as const));
    this.#drain();
    this.#check();
  }

  #write(): void {
    // An application does not write on without end to a peer that takes nothing.
    if (this.session.unacked + this.session.unsent() > 50) return;
    this.#written += 1;
    this.session.write(`line ${this.#written}`, {
      qos: !this.#random.chance(0.2),
      wait: !this.#random.chance(0.3),
    });
  }

  #pass(ms: number): void {
    this.#now += ms;
    for (let turns = 0; this.session.nextDeadline() <= this.#now; turns++) {
      if (turns > 20) throw new Error('a deadline that has come is not met by a tick');
      this.session.tick(this.#now);
      this.#drain();
    }
  }

  #drain(): void {
    for (let writes = 0; this.session.takeOutput(this.#now) !== undefined; writes++) {
      if (writes > 500) throw new Error('output without end');
    }
    this.session.takeEvents();
  }

  #check(): void {
    const { session } = this;
    if (session.unread > 3 * LIMITS.maxUnreadLines) throw new Error(`${session.unread} lines are unread`);
    const hangs = session.linkOpen && !(session.nextDeadline() <= this.#now + 2 * LIMITS.timeout);
    if (hangs) throw new Error(`the link is open, and the next deadline is ${session.nextDeadline()}`);
  }

  /** A peer that speaks no version and says nothing: the link must end. */
  heal(): void {
    if (!this.session.linkOpen) this.session.open(this.#now);
    for (let i = 0; i < 12 && this.session.linkOpen; i++) this.#pass(250);
    expect(this.session.linkOpen).toBe(false);
  }
}

describe.each(ROLES)('whatever is said to a %s, before, in and after the negotiation', (role) => {
  it('it does not throw, hang or hold more than its limits', () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const victim = new Victim(new Random(seed), role);
        for (let step = 0; step < 200; step++) victim.step();
        victim.heal();
      },
    });
  }, 600_000);

  it('any bytes do not either', () => {
    runSeeds({
      ...seeds,
      run: (seed) => {
        const random = new Random(seed);
        const session = new Session({ ...LIMITS, role, id: 'board', drawEpoch: () => 'a1' });
        for (let now = 0; now < 5000; now += 100) {
          if (!session.linkOpen) session.open(now);
          const bytes = Array.from({ length: random.int(1, 40) }, () =>
            random.chance(0.3) ? random.pick([10, 0x2d, 0x32, 0x20, 0x2b, 0x21, 0x30]) : random.int(0, 255),
          );
          session.receive(Uint8Array.from(bytes), now);
          session.tick(now);
          while (session.takeOutput(now) !== undefined);
          session.takeEvents();
          expect(session.unread).toBeLessThanOrEqual(3 * LIMITS.maxUnreadLines);
        }
      },
    });
  }, 600_000);
});

describe('what a peer can make a session keep', () => {
  const MIB = 1024 * 1024;

  /**
   * Growth of the heap over what the peer says `times` times, after it has said it a few times. What the session keeps of
   * each grows every time; what the engine keeps of code that it compiles meanwhile does not: so the least of three counts.
   */
  function growth(
    times: number,
    say: (session: Session, i: number) => void,
    role: 'client' | 'server',
  ): number {
    const session = new Session({ ...LIMITS, role, id: 'board', ackWhen: 'read', drawEpoch: () => 'a1' });
    const run = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        if (!session.linkOpen) {
          session.open(i);
          if (role === 'server') session.receive(encodeUtf8('-2\n'), i);
          session.receive(encodeUtf8(opening()), i);
          while (session.takeOutput(i) !== undefined);
        }
        say(session, i);
        while (session.takeOutput(i) !== undefined);
        session.takeEvents();
      }
      gc();
      gc();
      return process.memoryUsage().heapUsed;
    };
    let before = run(1, 500);
    let least = Infinity;
    for (let from = 500; from < 3 * times && least >= MIB / 2; from += times) {
      const after = run(from, from + times);
      least = Math.min(least, after - before);
      before = after;
    }
    return least;
  }

  const badLines = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => `${from + i} \n`).join('');

  it.each([
    ['epochs', (i: number) => opening({ epoch: i.toString(16) })],
    ['opening lines with a growing base', (i: number) => opening({ base: i })],
    ['unsafe lines', () => ' unsafe\n'],
    ['duplicates', () => '1 one\n'],
    ['bad lines in order', (i: number) => `${i} \n`],
    ['bad lines after one that is unread', (i: number) => (i === 1 ? '1 one\n' : badLines(6 * i - 10, 6))],
    ['messages beyond the window', (i: number) => `${i} ${'x'.repeat(80)}\n`],
    ['acks of nothing', () => '+0 0 9 0\n'],
    ['keepalives', () => '\n\n\n\n'],
    ['a line without end', () => 'x'.repeat(100)],
  ])('does not grow with %s', (_, line) => {
    for (const role of ROLES) {
      const bytes = growth(6000, (session, i) => session.receive(encodeUtf8(line(i)), i), role);
      expect(bytes).toBeLessThan(MIB / 2);
    }
  });

  it('does not grow with links that offer and are lost', () => {
    const session = new Session({ ...LIMITS, role: 'server', drawEpoch: () => 'a1' });
    const run = (count: number) => {
      for (let i = 0; i < count; i++) {
        session.open(i);
        session.receive(encodeUtf8(`-2\n${opening({ epoch: (i % 1000).toString(16) })}`), i);
        session.linkClosed(i, 'reset');
        session.takeEvents();
      }
      gc();
      gc();
      return process.memoryUsage().heapUsed;
    };
    const before = run(500);
    expect(run(4000) - before).toBeLessThan(MIB / 2);
  });
});
