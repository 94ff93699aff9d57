import { OriginalClient, OriginalServer, type OriginalTicket } from '@iot/reference-models';
import type { Random, VirtualClock } from '@iot/simulation';
import type { SessionOptions } from '../../src/index.js';
import { Disk } from './disk.js';
import { SessionPeer, type Peer, type SessionHabits, type Withdraw, type WriteFlags } from './peer.js';
import { StoredPeer } from './stored-peer.js';
import type { MakePeer } from './world.js';

/** The versions of the wire between two ends of ours. */
export type Protocol = 1 | 2;
export const PROTOCOLS: readonly Protocol[] = [1, 2];

/** Makes the peers of one end: sessions, stored or not. */
export type MakeOurs = (
  role: 'client' | 'server',
  timeoutMs: number,
  options?: Partial<SessionOptions>,
) => MakePeer;

/** Each run is of one of these programs, at random. */
export function replaced(...programs: readonly MakePeer[]): MakePeer {
  return (random, clock) => random.pick(programs)(random, clock);
}

/** Sessions that speak up to version 1, and 2. */
export function bothVersions(
  role: 'client' | 'server',
  timeoutMs: number,
  options: Partial<SessionOptions> = {},
  habits: SessionHabits = {},
): MakePeer[] {
  return PROTOCOLS.map((protocol) => session(role, timeoutMs, { ...options, protocol }, habits));
}

/** A session with limits drawn at random. */
export function session(
  role: 'client' | 'server',
  timeoutMs: number,
  options: Partial<SessionOptions> = {},
  habits: SessionHabits = {},
): MakePeer {
  return (random, clock) => {
    const settings = drawn(role, timeoutMs, options, random);
    return new SessionPeer(settings, { ...finishing(settings, random, clock), ...habits });
  };
}

function drawn(
  role: 'client' | 'server',
  timeoutMs: number,
  options: Partial<SessionOptions>,
  random: Random,
): SessionOptions {
  const protocol = options.protocol ?? 1;
  const limits = {
    maxInFlight: random.pick([1, 4, 16, 100]),
    maxUnreadLines: random.pick([1, 4, 100]),
    ackWhen: random.pick(['received', 'received', 'read'] as const),
    settleMs: random.pick([0, 0, 50]),
  };
  const drawEpoch = () => random.int(0, 2 ** 52).toString(16);
  const version = { protocol, drawEpoch };
  return { role, id: 'board', timeout: timeoutMs, ...limits, ...options, ...version };
}

/** Of a peer whose processes change the version: what was settled in version 1 did not come in version 2. */
export const CHANGES: SessionHabits = { expectedErrors: ['ERR_LINES_MISSED'] };

/** What is drawn for each process: the version up to which it speaks, and when it acks. */
interface Changing {
  readonly anyVersion?: boolean;
  readonly anyAck?: boolean;
  /** How many of the lines that wait are in memory; 'all' for a process that keeps all of its own there. */
  readonly anyWindow?: boolean;
}

/** A session that is stored: one after the other, its processes go on with what is on its disk. */
export function stored(
  role: 'client' | 'server',
  timeoutMs: number,
  options: Partial<SessionOptions> = {},
  { anyVersion = false, anyAck = false, anyWindow = false }: Changing = {},
): MakePeer {
  return (random, clock) => {
    const disk = new Disk(clock, random, random.pick([0, timeoutMs / 20, timeoutMs / 2]));
    const settings = drawn(role, timeoutMs, options, random);
    const nextOptions = () => ({
      ...settings,
      ...(anyVersion && { protocol: random.pick(PROTOCOLS) }),
      ...(anyAck && { ackWhen: random.pick(['received', 'read', 'done'] as const) }),
    });
    const habits = { ...finishing(settings, random, clock), ...(anyVersion && CHANGES) };
    const nextWindow = () => {
      const lines = anyWindow ? random.pick([1, 2, 5, 'all'] as const) : 'all';
      return lines === 'all' ? undefined : { lines, characters: random.pick([20, 1000]) };
    };
    return new StoredPeer({ clock, random, disk, nextOptions, nextWindow }, nextOptions(), habits);
  };
}

/** An application that is told to ack what is done does it some time after it has taken a line. */
function finishing({ timeout = 0 }: SessionOptions, random: Random, clock: VirtualClock): SessionHabits {
  return { later: (done) => clock.after(random.int(0, random.pick([1, 2 * timeout])), done) };
}

/** The model of an original client, at HEAD or as it was in 2019; with `mostUnsettled` writes under way at most. */
export function originalClient(timeoutMs: number, mostUnsettled = 1): MakePeer {
  return (random, clock) => {
    const older = { resendMs: 1000, keepaliveMs: timeoutMs / 2 };
    const machine = new OriginalClient({ id: 'board', timeoutMs, ...(random.chance(0.5) ? older : {}) });
    return new OriginalPeer(machine, () => machine.up, clock, mostUnsettled);
  };
}

/** The model of an original client of early 2019, with space for one line. */
export function oneSlotClient(timeoutMs: number): MakePeer {
  return (_random, clock) => {
    const older = { resendMs: 1000, keepaliveMs: timeoutMs / 2, oneSlot: true };
    const machine = new OriginalClient({ id: 'board', timeoutMs, ...older });
    return new OriginalPeer(machine, () => machine.up, clock, 1);
  };
}

/** The model of an original server. */
export function originalServer(timeoutMs: number): MakePeer {
  return (random, clock) => {
    const machine = new OriginalServer({ timeoutMs, random: () => random.float() });
    // Waiting writes made together go in no order at an original server, so its application makes one at a time.
    return new OriginalPeer(machine, () => machine.linkOpen, clock, 1);
  };
}

/** One run of an original, as an application on it sees it. */
class OriginalPeer implements Peer {
  readonly mostUnsettled: number;
  readonly original = true;
  readonly machine: OriginalClient | OriginalServer;
  readonly #isUp: () => boolean;
  readonly #clock: VirtualClock;
  readonly #settled = new Map<OriginalTicket, () => void>();

  constructor(
    machine: OriginalClient | OriginalServer,
    isUp: () => boolean,
    clock: VirtualClock,
    mostUnsettled: number,
  ) {
    this.machine = machine;
    this.#isUp = isUp;
    this.#clock = clock;
    this.mostUnsettled = mostUnsettled;
    machine.onSettled = (ticket) => this.#settled.get(ticket)?.();
  }

  get up(): boolean {
    return this.#isUp();
  }

  get unread(): number {
    return this.machine.unreadLines;
  }

  write(line: string, flags: WriteFlags, settled: () => void): Withdraw {
    const ticket = this.machine.write(line, flags, this.#clock.now);
    this.#settled.set(ticket, settled);
    return () => {
      throw new Error('an original cannot withdraw a write');
    };
  }

  read(): string | undefined {
    return this.machine.readline()?.replace(/\n$/, '');
  }

  afterHello(bytes: Uint8Array): void {
    if (this.machine instanceof OriginalServer) this.machine.afterHello(bytes);
  }

  notice(): void {
    if (this.machine.readerDead) throw new Error('we killed the reader of an original');
  }

  held(): string[] {
    return this.machine.heldLines;
  }
}
