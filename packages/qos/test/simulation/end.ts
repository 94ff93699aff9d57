import {
  Driver,
  type Death,
  type Ledger,
  type Random,
  type Ticket,
  type Trace,
  type VirtualClock,
} from '@iot/simulation';
import type { Peer } from './peer.js';

/** How the applications of one world behave. */
export interface Habits {
  readonly identicalPayloads: boolean;
  /** Each run says the same line first, which is not counted. */
  readonly boots?: boolean;
  /** Pause between writes, and between reads, of at most this many ms. */
  readonly writePauseMs: number;
  readonly readPauseMs: number;
  /** Lines written in one go, at most. */
  readonly burst: number;
  /** Share of writes with `qos: false`, of the rest with `wait: false`, and of all that are withdrawn. */
  readonly noQos: number;
  readonly noWait: number;
  /** Of those with `wait: false`, the share of which the newest goes first. Default 0. */
  readonly newestFirst?: number;
  readonly aborted: number;
  /** Lengths of lines, for those that are longer than what makes them unique. Default 0. */
  readonly lineBytes?: readonly number[];
  /**
   * What this end reads comes in the order in which it was written, with `wait` or without: from an original's peer, or
   * from a session as long as it has not spoken version 1, as it does when an answer to its offer is lost.
   */
  readonly inOrder?: boolean;
  /** A line is settled within this many ms of its writing. */
  readonly settledWithinMs?: number;
}

export interface EndOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly trace: Trace;
  readonly habits: Habits;
  /** What this end writes, and what it reads. */
  readonly outgoing: Ledger;
  readonly incoming: Ledger;
  readonly makePeer: () => Peer;
  readonly onLinkEnd: () => void;
  /** Numbers the runs of all processes at this end. */
  readonly nextRun: () => number;
}

/** An end as it was. */
interface Backup {
  readonly restore: () => Peer | undefined;
  readonly unacked: readonly Ticket[];
}

const BOOT = 'boot';

/** One end of the world, over all its runs: the process and the application on it. */
export class End {
  readonly #options: EndOptions;
  #run = 0;
  #driver!: Driver;
  #peer!: Peer;
  #lines = 0;
  #unsettled = 0;
  #lastChange = 0;
  #writing = true;
  #readsLater = false;
  #seen = new Set<string>();
  /** Of each run of a sender, the newest line that was read. */
  #newest = new Map<string, number>();
  #spokeV1 = false;
  #backup: Backup | undefined;
  /** The line of each sender's run that has come again. */
  #doubled = new Map<string, string>();

  constructor(options: EndOptions) {
    this.#options = options;
    this.start();
  }

  get driver(): Driver {
    return this.#driver;
  }

  get peer(): Peer {
    return this.#peer;
  }

  get alive(): boolean {
    return this.#driver.alive;
  }

  /** Writes of this run that have not settled. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** When this end last wrote a line or saw one settled. */
  get lastChange(): number {
    return this.#lastChange;
  }

  /** The next run begins: from the last backup of the one before, if that is asked for and there is one. */
  start({ fromBackup = false } = {}): void {
    const { clock, trace, name, makePeer, onLinkEnd, nextRun } = this.#options;
    const stored = this.#run === 0 ? undefined : this.#peer.restart?.();
    // What is stored survives: to the peer there is only an outage.
    if (stored === undefined) {
      this.#run = nextRun();
      this.#unsettled = 0;
    }
    if (stored?.changedVersion === true) {
      // What was sent in one version and not acked is sent again in the other, whose receiver does not know it.
      this.#options.outgoing.mayComeAgain();
      this.#options.incoming.mayComeAgain();
    }
    const peer = stored ?? (fromBackup ? this.#restored() : undefined) ?? makePeer();
    this.#backup = undefined;
    if (stored === undefined) {
      this.#newest = new Map();
      this.#spokeV1 = false;
    }
    this.#seen = new Set();
    this.#doubled = new Map();
    this.#readsLater = false;
    this.#peer = peer;
    this.#driver = new Driver({
      clock,
      trace,
      machine: peer.machine,
      name: `${name}/${this.#run}`,
      onLinkEnd,
      after: () => {
        peer.notice();
        if (peer.original) this.#readUnread();
        else this.#readLater();
      },
    });
    peer.poke = () => {
      this.#driver.poke();
    };
    if (this.#options.habits.boots === true) peer.write(BOOT, { qos: true, wait: true }, () => undefined);
    this.#writeNowAndThen();
  }

  die(death: Death): void {
    const { outgoing, incoming } = this.#options;
    this.#driver.kill(death);
    if (this.#peer.restart !== undefined) return;
    outgoing.senderDied(this.#run);
    incoming.receiverDied(
      this.#run,
      this.#peer.held().filter((line) => line !== BOOT),
    );
  }

  /** Makes a backup of this run, if its peer can. */
  backUp(): void {
    const restore = this.alive ? this.#peer.backup?.() : undefined;
    if (restore !== undefined) {
      this.#backup = { restore, unacked: this.#options.outgoing.unacked(this.#run) };
    }
  }

  /** What the last run was when its backup was made: what is unread there is read again, what is unacked is sent again. */
  #restored(): Peer | undefined {
    const { clock, trace, name, incoming, outgoing } = this.#options;
    const [peer, copy] = [this.#backup?.restore(), this.#backup?.restore()];
    if (peer === undefined || copy === undefined) return undefined;
    trace.log(name, 'is restored');
    incoming.receiverRestored(allUnread(copy));
    this.#unsettled = outgoing.senderRestored(this.#run, this.#backup?.unacked ?? []);
    peer.machine.linkClosed(clock.now, 'fin');
    return peer;
  }

  /** No more new lines; what is unread is read at once from now on. */
  stopWriting(): void {
    this.#writing = false;
  }

  readAll(): void {
    this.#readUnread();
    this.#driver.poke();
  }

  #readUnread(): void {
    for (const line of allUnread(this.#peer)) this.#delivered(line);
  }

  checkDeadlines(): void {
    if (this.#driver.missedDeadlines > 0) throw new Error(`${this.#options.name} missed a deadline`);
  }

  /** Writes at random pauses until this run ends or writing stops. */
  #writeNowAndThen(): void {
    const { clock, random, habits } = this.#options;
    const driver = this.#driver;
    clock.after(random.int(1, habits.writePauseMs), () => {
      if (!driver.alive || !this.#writing) return;
      if (!driver.busy) this.#writeSome();
      this.#writeNowAndThen();
    });
  }

  /** Reads at random pauses while there is something to read. */
  #readLater(): void {
    if (this.#readsLater || !this.#writing || this.#peer.unread === 0) return;
    const { clock, random, habits } = this.#options;
    const driver = this.#driver;
    this.#readsLater = true;
    clock.after(random.int(1, habits.readPauseMs), () => {
      if (driver !== this.#driver) return;
      this.#readsLater = false;
      if (driver.alive && !driver.busy && this.#writing) this.#readSome();
      if (driver.alive) this.#readLater();
    });
  }

  #writeSome(): void {
    const { random, habits } = this.#options;
    const count = random.int(1, habits.burst);
    for (let i = 0; i < count && this.#unsettled < this.#peer.mostUnsettled; i++) this.#write();
    this.#driver.poke();
  }

  #write(): void {
    const { clock, random, trace, name, habits, outgoing } = this.#options;
    const qos = !random.chance(habits.noQos);
    const wait = qos && !random.chance(habits.noWait);
    const newestFirst = !wait && habits.newestFirst !== undefined && random.chance(habits.newestFirst);
    const text = habits.identicalPayloads
      ? 'same'
      : `${name}${this.#run}.${this.#lines++}${qos ? '' : ' no qos'}`;
    const line = text.padEnd(random.pick(habits.lineBytes ?? [0]));
    const ticket = outgoing.written(line, { qos, wait, run: this.#run });
    trace.log(name, `writes line "${line}" qos ${qos} wait ${wait}`);
    this.#unsettled += 1;
    const writtenAt = clock.now;
    let open = true;
    const settle = (how: 'resolved' | 'aborted') => {
      if (!open) return;
      open = false;
      this.#unsettled -= 1;
      this.#lastChange = clock.now;
      if (clock.now - writtenAt > (habits.settledWithinMs ?? Infinity))
        throw new Error(`"${text}" was settled after ${clock.now - writtenAt} ms`);
      outgoing[how](ticket);
    };
    this.#lastChange = clock.now;
    const withdraw = this.#peer.write(line, { qos, wait, newestFirst }, (how) => {
      if (how === 'pending') outgoing.stillPending(ticket);
      else settle(how === 'lost' ? 'aborted' : 'resolved');
    });
    if (!random.chance(habits.aborted)) return;
    const driver = this.#driver;
    clock.after(random.int(0, 4 * habits.writePauseMs), () => {
      if (!open || !driver.alive || driver.busy) return;
      trace.log(name, `aborts line "${line}"`);
      withdraw();
      settle('aborted');
      driver.poke();
    });
  }

  #readSome(): void {
    const line = this.#peer.read();
    if (line === undefined) return;
    this.#delivered(line);
    this.#driver.poke();
  }

  #delivered(line: string): void {
    const { trace, name, incoming } = this.#options;
    trace.log(name, `reads line "${line}"`);
    if (line === BOOT) return;
    if (this.#isFirstLineAgain(line)) return;
    this.#checkOrder(line);
    incoming.delivered(line, this.#run);
    // Stop at once: what led to it is still in the trace.
    if (incoming.firstBreach !== undefined) throw new Error(incoming.firstBreach);
  }

  #checkOrder(line: string): void {
    this.#spokeV1 ||= this.#peer.protocol === 1;
    if (this.#options.habits.inOrder !== true || this.#spokeV1) return;
    const [sender = '', place = ''] = line.split('.');
    const newest = this.#newest.get(sender) ?? -1;
    if (Number(place) < newest) throw new Error(`"${line.trim()}" came after line ${newest}`);
    if (!place.includes('no qos')) this.#newest.set(sender, Number(place));
  }

  /** One line of each run of the sender may come again to an original. */
  #isFirstLineAgain(line: string): boolean {
    if (!this.#peer.original) return false;
    const again = this.#seen.has(line);
    this.#seen.add(line);
    const [sender = ''] = line.split('.');
    if (!again || (this.#doubled.get(sender) ?? line) !== line) return false;
    this.#doubled.set(sender, line);
    return true;
  }
}

/** Reads all that a peer has for its application. */
function* allUnread(peer: Peer): Generator<string> {
  for (let line = peer.read(); line !== undefined; line = peer.read()) yield line;
}
