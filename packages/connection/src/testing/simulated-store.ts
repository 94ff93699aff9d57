/**
 * A simulated disk with stores of sessions (`store/port.ts`), for tests. A seed of random numbers and a clock drive it: the
 * same seed and the same calls give the same history. The disk simulates these faults: late answers, appends that are
 * `fenced` because another owner was faster, and appends that fail without showing whether they were carried out. A crash
 * loses the records that were not synced, and may cut the last record in two.
 *
 * How it works: all appends and trims are written as records into one log, in the order of the calls. Some time later, by the
 * clock, the record is synced and its caller gets the answer. A process can load all records in the log, synced or not.
 */
import { ClosedError, StoreError } from '@iot/framing';
import { memoryStore } from '../store/memory-store.js';
import type { Entry, StoredSession } from '@iot/qos';
import type { SessionStore } from '../store/port.js';
import type { Clock } from '../ports.js';

/** The probability of each fault, from 0 to 1, for each append. All are 0 by default. */
export interface StoreFaults {
  /** The append is answered after up to `lateMs`. */
  readonly late?: number | undefined;
  /** Another owner appends first, so this append is fenced. */
  readonly fenced?: number | undefined;
  /** The append rejects. In half of these cases the entries were appended. */
  readonly rejected?: number | undefined;
}

export interface SimulatedDiskOptions {
  readonly clock: Clock;
  /** A whole number. Each number gives a different history. */
  readonly seed: number;
  /** The longest time from an append to its answer, by the clock. The shortest is 0. Default 0. */
  readonly syncMs?: number | undefined;
  /** The longest time to a late answer. Default 1000. */
  readonly lateMs?: number | undefined;
  readonly faults?: StoreFaults | undefined;
}

/** A record of the log: an append or a trim. */
interface LogRecord {
  readonly id: string;
  readonly expected: number;
  readonly entries: readonly Entry[];
  readonly trimmed: number;
}

/** The time between two crashes. A crash ends all processes of the run. */
interface Run {
  crashed: boolean;
}

export class SimulatedDisk {
  readonly #machine: Machine;

  constructor(options: SimulatedDiskOptions) {
    this.#machine = new Machine(options);
  }

  /** May be changed at any time. Set it to `{}` to end the faults. */
  get faults(): StoreFaults {
    return this.#machine.faults;
  }

  set faults(faults: StoreFaults) {
    this.#machine.faults = faults;
  }

  /** Opens a store, as a process would. Several may be open at once: they share the disk, and fence each other. */
  open(): SessionStore {
    return new SimulatedStore(this.#machine);
  }

  /**
   * Simulates a power failure. Stores that are open never answer again, because their processes have ended. Of the records that
   * are not synced, a random number from the first on survives. The next record may be cut in two, and then counts as missing.
   */
  crash(): Promise<void> {
    return this.#machine.crash();
  }
}

class Machine {
  faults: StoreFaults;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #syncMs: number;
  readonly #lateMs: number;
  /** The records as JSON, so that a record can be cut in two. */
  #log: string[] = [];
  /** How many of the records, from the first on, are synced. */
  #synced = 0;
  /** The content of the log: the result of all its records. */
  #state = memoryStore();
  run: Run = { crashed: false };
  /** Settles when the last call is done. Calls are carried out one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ clock, seed, syncMs = 0, lateMs = 1000, faults = {} }: SimulatedDiskOptions) {
    this.#clock = clock;
    this.#random = randomOf(seed);
    this.#syncMs = syncMs;
    this.#lateMs = lateMs;
    this.faults = faults;
  }

  async crash(): Promise<void> {
    this.run.crashed = true;
    this.run = { crashed: false };
    await this.#turn;
    const whole = this.#synced + Math.floor(this.#random() * (this.#log.length - this.#synced + 1));
    const torn = this.#log.slice(whole, whole + 1).map((json) => this.#tear(json));
    this.#log = [...this.#log.slice(0, whole), ...torn];
    this.#state = memoryStore();
    for (const [at, json] of this.#log.entries()) {
      const record = parsed(json);
      if (record === undefined) this.#log.length = at;
      else await apply(this.#state, record);
    }
    this.#synced = this.#log.length;
  }

  load(id: string): Promise<StoredSession | undefined> {
    return this.#inTurn(() => this.#state.load(id));
  }

  read(id: string, from: number): Promise<readonly (readonly [sequence: number, entry: Entry])[]> {
    return this.#inTurn(async () => {
      const entries: (readonly [sequence: number, entry: Entry])[] = [];
      for await (const entry of this.#state.read(id, from)) entries.push(entry);
      return entries;
    });
  }

  ids(): AsyncIterable<string> {
    return this.#state.ids();
  }

  async append(run: Run, id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'> {
    const [fenced, rejected, late] = [this.#draw('fenced'), this.#draw('rejected'), this.#draw('late')];
    const appended = !rejected || this.#random() < 0.5;
    const waitMs = this.#random() * (late ? this.#lateMs : this.#syncMs);
    const json = JSON.stringify({ id, expected, entries, trimmed: 0 } satisfies LogRecord);
    const answer = await this.#inTurn(async () => {
      if (fenced) await this.#intrude(id);
      return appended ? this.#put(json) : 'fenced';
    });
    await this.#sync(run, waitMs);
    if (rejected) {
      throw new StoreError(
        'ERR_STORE_FAILED',
        'the simulated disk has failed: the entries may have been appended or not',
      );
    }
    return answer;
  }

  async trim(run: Run, id: string, before: number): Promise<void> {
    const waitMs = this.#random() * this.#syncMs;
    const json = JSON.stringify({ id, expected: 0, entries: [], trimmed: before } satisfies LogRecord);
    await this.#inTurn(() => this.#put(json));
    await this.#sync(run, waitMs);
  }

  #draw(fault: keyof StoreFaults): boolean {
    return this.#random() < (this.faults[fault] ?? 0);
  }

  /** Simulates that another process takes the session over. */
  async #intrude(id: string): Promise<void> {
    const expected = (await this.#state.load(id))?.last ?? 0;
    const epoch = Math.floor(this.#random() * 2 ** 32).toString(16);
    const entries: Entry[] = [{ kind: 'owner', epoch, node: 'another' }];
    await this.#put(JSON.stringify({ id, expected, entries, trimmed: 0 } satisfies LogRecord));
  }

  async #put(json: string): Promise<'ok' | 'fenced'> {
    const answer = await apply(this.#state, JSON.parse(json) as LogRecord);
    if (answer === 'ok') this.#log.push(json);
    return answer;
  }

  /** Waits this time, then marks all records that are in the log now as synced. */
  #sync(run: Run, waitMs: number): Promise<void> {
    const records = this.#log.length;
    return new Promise((resolve) => {
      this.#clock.at(this.#clock.now() + waitMs, () => {
        if (run.crashed) return;
        this.#synced = Math.max(this.#synced, records);
        resolve();
      });
    });
  }

  #tear(json: string): string {
    return json.slice(0, Math.floor(this.#random() * (json.length + 1)));
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

class SimulatedStore implements SessionStore {
  readonly #machine: Machine;
  readonly #run: Run;
  readonly #inFlight = new Set<Promise<unknown>>();
  #closed = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#run = machine.run;
  }

  load(id: string): Promise<StoredSession | undefined> {
    return this.#call(() => this.#machine.load(id));
  }

  append(id: string, expected: number, entries: readonly Entry[]): Promise<'ok' | 'fenced'> {
    return this.#call(() => this.#machine.append(this.#run, id, expected, entries));
  }

  trim(id: string, before: number): Promise<void> {
    return this.#call(() => this.#machine.trim(this.#run, id, before));
  }

  async *read(id: string, from: number): AsyncGenerator<readonly [sequence: number, entry: Entry]> {
    yield* await this.#call(() => this.#machine.read(id, from));
  }

  async *ids(): AsyncGenerator<string> {
    this.#throwIfClosed();
    for await (const id of this.#machine.ids()) {
      this.#throwIfClosed();
      yield id;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#inFlight);
  }

  /** Makes a call and returns its answer. If the machine crashes before, the promise never settles. */
  async #call<T>(act: () => Promise<T>): Promise<T> {
    this.#throwIfClosed();
    const call = this.#run.crashed ? NEVER : act();
    this.#inFlight.add(call);
    try {
      return await call;
    } finally {
      if (this.#run.crashed) await NEVER;
      this.#inFlight.delete(call);
    }
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new ClosedError('the store was closed here');
  }
}

const NEVER = new Promise<never>(() => undefined);

async function apply(state: SessionStore, { id, expected, entries, trimmed }: LogRecord) {
  if (trimmed === 0) return state.append(id, expected, entries);
  await state.trim(id, trimmed);
  return 'ok';
}

function parsed(json: string): LogRecord | undefined {
  try {
    return JSON.parse(json) as LogRecord;
  } catch {
    return undefined;
  }
}

/** The random number generator Mulberry32. It gives the same numbers on every machine. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
