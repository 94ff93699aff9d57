import type { Random, VirtualClock } from '@iot/simulation';
import type { SessionOptions } from '../../src/index.js';
import { Disk } from './disk.js';
import { SessionPeer } from './peer.js';

/** How long a process waits for more before it stores what nothing waits for, at most, in timeouts. */
const LAZY_TIMEOUTS = 2;

interface World {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly disk: Disk;
}

/** One process of a session that is stored, and what comes after it. */
export class StoredPeer extends SessionPeer {
  readonly stored = true;
  /** Lets the machine's output go out, when more of it is stored; set by the end. */
  poke = (): void => undefined;
  readonly #world: World;
  readonly #options: SessionOptions;
  #alive = true;
  #isLazy = false;
  /** Lines read in this process, and those of them that cannot come again since they are stored as done. */
  #read: string[] = [];
  readonly #final: Set<string>;
  /** Lines that any process has read. */
  readonly #seen: Set<string>;

  constructor(world: World, options: SessionOptions, before?: StoredPeer) {
    const epoch = world.random.int(0, 2 ** 52).toString(16);
    const log = { owner: { kind: 'owner', epoch, node: 'simulated' } as const, stored: world.disk.stored };
    super(options, {}, { settled: before?.settled, log });
    this.#world = world;
    this.#options = options;
    this.#final = before === undefined ? new Set() : before.#final;
    this.#seen = before === undefined ? new Set() : before.#seen;
    const tickets = world.disk.tickets();
    for (const [ticket, settled] of [...this.settled]) if (!tickets.has(ticket)) settled(true);
  }

  /** The next process, after this one has died. */
  restart(): StoredPeer {
    this.#alive = false;
    this.#world.disk.crash();
    return new StoredPeer(this.#world, this.#options, this);
  }

  override read(): string | undefined {
    const line = this.machine.take();
    if (line === undefined) return undefined;
    this.machine.done(line);
    const { text, redelivered } = line;
    if (this.#final.has(text)) throw new Error(`"${text}" came again though it was stored as done`);
    const again = this.#seen.has(text);
    if (again && !redelivered) throw new Error(`"${text}" came again and does not say so`);
    this.#seen.add(text);
    this.#read.push(text);
    return again ? this.read() : text;
  }

  /** All that was received is there for the next process. */
  override held(): string[] {
    return [];
  }

  override notice(): void {
    super.notice();
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
    const read = this.#read;
    this.#read = [];
    disk.append(batch, (last) => {
      if (!this.#alive) throw new Error('a process that is dead was answered');
      for (const line of read) this.#final.add(line);
      this.machine.stored(last);
      this.poke();
    });
  }
}
