import type { Random, VirtualClock } from '@iot/simulation';
import type { Reading, SessionLog, SessionOptions } from '../../src/index.js';
import type { UnreadLine } from '../../src/inbox.js';
import type { Disk } from './disk.js';
import { SessionPeer, type SessionHabits } from './peer.js';

/** How long a process waits for more before it stores what nothing waits for, at most, in timeouts. */
const LAZY_TIMEOUTS = 2;

interface World {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly disk: Disk;
  /** The options of the next process. */
  readonly nextOptions: () => SessionOptions;
  /** Of the next process. */
  readonly nextWindow: () => SessionLog['window'];
}

/** One process of a session that is stored, and what comes after it. */
export class StoredPeer extends SessionPeer {
  readonly stored = true;
  /** This process speaks another version at most than the one before it. */
  readonly changedVersion: boolean;
  readonly #world: World;
  #alive = true;
  #isLazy = false;
  #isReading = false;
  /** The places in the log of lines that are done in this process, and of those that are stored as done. */
  #done: number[] = [];
  readonly #final: Set<number>;
  /** Tickets of lines that were settled since the last batch was taken, and before: their acks may not be stored. */
  #settledLately: number[] = [];
  #settledInFlight: number[] = [];
  /** Of lines that any process has read. */
  readonly #seen: Set<number>;

  constructor(world: World, options: SessionOptions, habits: SessionHabits, before?: StoredPeer) {
    const epoch = world.random.int(0, 2 ** 52).toString(16);
    const owner = { kind: 'owner', epoch, node: 'simulated' } as const;
    const log = { owner, stored: world.disk.stored, window: world.nextWindow() };
    super(options, habits, { settled: before?.settled, log });
    this.#world = world;
    this.changedVersion = before !== undefined && before.machine.settings.protocol !== options.protocol;
    this.#final = before === undefined ? new Set() : before.#final;
    this.#seen = before === undefined ? new Set() : before.#seen;
    const tickets = world.disk.tickets();
    for (const [ticket, settled] of [...this.settled]) if (!tickets.has(ticket)) settled('lost');
  }

  /** The next process, after this one has died; a change of version is made in good order. */
  restart(): StoredPeer {
    const { disk, nextOptions } = this.#world;
    const options = nextOptions();
    this.#alive = false;
    if (options.protocol !== this.machine.settings.protocol) disk.finish(this.machine.takeEntries());
    else {
      const forgotten = disk.crash()
        ? this.#settledLately
        : [...this.#settledInFlight, ...this.#settledLately];
      for (const ticket of forgotten) this.settled.get(ticket)?.('pending');
    }
    return new StoredPeer(this.#world, options, this.habits, this);
  }

  override read(): string | undefined {
    for (let line = this.machine.take(); line !== undefined; line = this.machine.take()) {
      this.finish(line);
      if (this.#isNew(line)) return line.text;
    }
    return undefined;
  }

  #isNew({ place, text, redelivered }: UnreadLine): boolean {
    // A line without a number ends with its process.
    if (place === 0) return true;
    if (this.#final.has(place)) throw new Error(`"${text}" came again though it was stored as done`);
    const again = this.#seen.has(place);
    if (again && !redelivered) throw new Error(`"${text}" came again and does not say so`);
    this.#seen.add(place);
    return !again;
  }

  protected override done(line: UnreadLine): void {
    if (!this.#alive) return;
    super.done(line);
    if (line.place > 0) this.#done.push(line.place);
  }

  /** All that was received is there for the next process. */
  override held(): string[] {
    return [];
  }

  protected override wasSettled(ticket: number): void {
    super.wasSettled(ticket);
    this.#settledLately.push(ticket);
  }

  override notice(): void {
    super.notice();
    this.#storeDue();
    this.#readDue();
  }

  /** Reads some of the lines that are on the disk only, some time later, while the session goes on. */
  #readDue(): void {
    if (this.#isReading) return;
    const reading = this.machine.nextReading();
    if (reading === undefined) return;
    const { clock, random, disk } = this.#world;
    const soon = () => random.int(0, this.machine.settings.timeout / 10);
    const fails = random.chance(0.2);
    this.#isReading = true;
    clock.after(soon(), () => {
      const entries = disk.read(reading.from);
      const goOn = () => {
        if (!this.#alive) return;
        for (let left = random.int(1, 10); left > 0; left--) {
          const next = entries.next();
          if (next.done === true || !reading.wants(next.value[0])) return this.#wasRead(reading);
          reading.take(...next.value);
        }
        this.poke();
        if (fails) this.#wasRead(undefined);
        else clock.after(soon(), goOn);
      };
      goOn();
    });
  }

  #wasRead(reading: Reading | undefined): void {
    if (reading?.end() === 'lost') throw new Error('the log has lost lines that are in it only');
    this.#isReading = false;
    this.poke();
    this.#readDue();
  }

  #storeDue(): void {
    if (this.machine.mustStore) this.#store();
    else if (this.machine.hasEntries && !this.#isLazy) this.#storeLater();
  }

  #storeLater(): void {
    const { clock, random } = this.#world;
    this.#isLazy = true;
    clock.after(random.int(1, LAZY_TIMEOUTS * this.machine.settings.timeout), () => {
      this.#isLazy = false;
      if (this.#alive && this.machine.hasEntries) this.#store();
    });
  }

  #store(): void {
    const { disk } = this.#world;
    if (disk.busy) return;
    const batch = this.machine.takeEntries();
    if (batch === undefined) return;
    const done = this.#done;
    this.#done = [];
    this.#settledInFlight = this.#settledLately;
    this.#settledLately = [];
    disk.append(batch, (last) => {
      if (!this.#alive) throw new Error('a process that is dead was answered');
      this.#settledInFlight = [];
      for (const place of done) this.#final.add(place);
      this.machine.stored(last);
      this.poke();
      this.#storeDue();
    });
  }
}
