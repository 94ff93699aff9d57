import { Random, runSeeds } from '@iot/simulation';
import { describe, it } from 'vitest';
import { draw, kindly, late, TIME_LIMIT_MS, rebootingBoard, seedsOf } from './draw.js';
import type { Habits } from './end.js';
import type { SessionOptions } from '../../src/index.js';
import { bothVersions, CHANGES, PROTOCOLS, replaced, session, stored, type Protocol } from './makers.js';
import { World, type Fault, type WorldOptions } from './world.js';

type Stored = 'both' | 'client' | 'server';

/** Fewer than elsewhere: there are many kinds of worlds here. */
const seeds = seedsOf(30);

/** Runs the world of each seed: what it promises is that nothing is lost, and nothing doubled of what is done. */
function keeps(name: string, world: (seed: number) => WorldOptions): void {
  it(
    name,
    () => {
      runSeeds({ ...seeds, run: (seed) => void new World(seed, world(seed)).run() });
    },
    TIME_LIMIT_MS,
  );
}

/** Outages, and deaths of the ends that are stored: what the others have dies with them. */
function faultsOf(which: Stored): readonly Fault[] {
  const kill = which === 'both' ? 'kill' : (`kill-${which}` as const);
  return ['reset', 'stall', 'busy', kill, kill];
}

function isStored(which: Stored, role: 'client' | 'server'): boolean {
  return which === 'both' || which === role;
}

interface Kind {
  readonly which: Stored;
  readonly protocol: Protocol;
  readonly habits?: Partial<Habits>;
  readonly ackWhen?: 'done';
}

function world(seed: number, { which, habits, ...options }: Kind): WorldOptions {
  const drawn = draw(seed, faultsOf(which), habits, undefined, options.protocol);
  const make = (role: 'client' | 'server') =>
    (isStored(which, role) ? stored : session)(role, drawn.timeoutMs, options);
  return { ...drawn, makeClient: make('client'), makeServer: make('server') };
}

/** Each process of an end that is stored speaks up to version 1 or 2, at random, and of the other one too if that dies. */
function changing(seed: number, which: Stored): WorldOptions {
  const drawn = draw(seed, ['reset', 'stall', 'busy', 'kill', 'kill']);
  const { timeoutMs } = drawn;
  const make = (role: 'client' | 'server') =>
    isStored(which, role)
      ? stored(role, timeoutMs, {}, { anyVersion: true })
      : replaced(...bothVersions(role, timeoutMs, {}, CHANGES));
  return { ...drawn, makeClient: make('client'), makeServer: make('server') };
}

describe.each(PROTOCOLS)('version %i', (protocol) => {
  describe.each(['both', 'client', 'server'] as const)('stored: %s', (which) => {
    keeps('loses nothing and doubles nothing when what is stored dies at any time', (seed) =>
      world(seed, { which, protocol }),
    );

    keeps(
      'loses nothing and doubles nothing when a line is acked once the application is done with it',
      (seed) => world(seed, { which, protocol, ackWhen: 'done' }),
    );
  });

  keeps(
    'keeps the promise, process by process, without a store, when a line is acked once it is done',
    (seed) => {
      const drawn = draw(seed, faultsOf('both'), {}, undefined, protocol);
      const make = (role: 'client' | 'server') =>
        session(role, drawn.timeoutMs, { protocol, ackWhen: 'done' });
      return { ...drawn, makeClient: make('client'), makeServer: make('server') };
    },
  );

  keeps('loses nothing and doubles nothing with an original client at the other end', (seed) =>
    kindly(seed, 'client', protocol, stored),
  );

  keeps('loses nothing and doubles nothing with an original server at the other end', (seed) =>
    kindly(seed, 'server', protocol, stored),
  );
});

keeps('loses and doubles nothing in version 2 when all lines have the same text', (seed) => {
  const habits = { identicalPayloads: true };
  const ackWhen = new Random(seed).chance(0.3) ? { ackWhen: 'done' as const } : {};
  return world(seed, { which: 'both', protocol: 2, habits, ...ackWhen });
});

keeps('loses at most the first line of each process of a board that says the same at all times', (seed) => ({
  ...rebootingBoard(seed, { waits: true, ours: stored }),
  ambiguousPerDeath: 1,
}));

keeps('doubles nothing of a board that says the same at all times and does not wait for acks', (seed) => ({
  ...rebootingBoard(seed, { waits: false, ours: stored }),
  ambiguousPerDeath: 128,
}));

describe.each(PROTOCOLS)('version %i', (protocol) => {
  keeps(
    'loses nothing and doubles nothing when each process acks as it likes: received, read, or done',
    (seed) => {
      const drawn = draw(seed, faultsOf('both'), {}, undefined, protocol);
      const make = (role: 'client' | 'server') =>
        stored(role, drawn.timeoutMs, { protocol }, { anyAck: true });
      return { ...drawn, makeClient: make('client'), makeServer: make('server') };
    },
  );
});

describe('each process speaks up to version 1 or 2, at random', () => {
  describe.each(['both', 'client', 'server'] as const)('stored: %s', (which) => {
    keeps('loses nothing, and doubles nothing but what is unacked at a change', (seed) =>
      changing(seed, which),
    );
  });
});

describe('most lines that wait are on the disk only, and each process has a window of its own', () => {
  const anyWindow = (drawn: WorldOptions, options: Partial<SessionOptions>, changing = {}): WorldOptions => {
    const make = (role: 'client' | 'server') =>
      stored(role, drawn.timeoutMs, options, { anyWindow: true, ...changing });
    return { ...drawn, makeClient: make('client'), makeServer: make('server') };
  };

  describe.each(PROTOCOLS)('version %i', (protocol) => {
    keeps('loses nothing and doubles nothing when both ends die at any time', (seed) =>
      anyWindow(draw(seed, faultsOf('both'), {}, undefined, protocol), { protocol }),
    );

    keeps('loses nothing and doubles nothing when the newest lines go first', (seed) => {
      const habits = { noQos: 0.1, noWait: 0.8, newestFirst: 0.8, burst: 40 };
      return anyWindow(draw(seed, faultsOf('both'), habits, undefined, protocol), { protocol });
    });

    keeps('keeps the order too when all lines wait for each other', (seed) => {
      const habits = { noQos: 0, noWait: 0, inOrder: true, burst: 40 };
      return anyWindow(draw(seed, faultsOf('both'), habits, undefined, protocol), { protocol });
    });

    keeps('loses nothing and doubles nothing with an original server at the other end', (seed) =>
      kindly(seed, 'server', protocol, (role, timeoutMs, options) =>
        stored(role, timeoutMs, options, { anyWindow: true }),
      ),
    );
  });

  keeps('loses nothing, and doubles nothing but what is unacked when a process changes the version', (seed) =>
    anyWindow(draw(seed, faultsOf('both'), { newestFirst: 0.5 }), {}, { anyVersion: true }),
  );
});

describe('the negotiation is late at any byte', () => {
  describe.each(['both', 'client', 'server'] as const)('stored: %s', (which) => {
    keeps('loses nothing and doubles nothing when what is stored dies at any time', (seed) => {
      const random = new Random(seed);
      const options = late(seed, random.pick([1 / 4, 1, 3]), random.pick([1 / 4, 1]));
      const make = (role: 'client' | 'server') =>
        (isStored(which, role) ? stored : session)(role, options.timeoutMs, { protocol: 2 });
      const faults = [...faultsOf(which), 'reset', 'cut', 'vanish'] as const;
      return { ...options, faults, makeClient: make('client'), makeServer: make('server') };
    });
  });
});
