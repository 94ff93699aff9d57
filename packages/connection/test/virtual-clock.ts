import type { Clock } from '../src/index.js';

interface Task {
  readonly at: number;
  readonly turn: number;
  readonly run: () => void;
}

/** Time that moves when told. What is due at one instant runs turn by turn, and promises settle in between. */
export class VirtualClock implements Clock {
  /** Timers further away than this fire so much too early, as real ones may. */
  earlyByMs = 0;
  /** Timers and turns that have called back. */
  wakes = 0;
  /** Timers that have been asked for, and turns. */
  readonly asked = { timers: 0, turns: 0 };
  #now = 0;
  #turn = 0;
  readonly #tasks = new Set<Task>();

  /** Timers and turns that wait. */
  get armed(): number {
    return this.#tasks.size;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, run: () => void): () => void {
    this.asked.timers += 1;
    const early = time - this.#now > this.earlyByMs ? this.earlyByMs : 0;
    return this.#add({ at: Math.max(this.#now, time - early), turn: 0, run });
  }

  nextTurn(run: () => void): () => void {
    this.asked.turns += 1;
    return this.#add({ at: this.#now, turn: this.#turn + 1, run });
  }

  /** Lets time pass; `each` is called after every wake-up. */
  async advance(ms: number, each: () => void = () => undefined): Promise<void> {
    const end = this.#now + ms;
    await settle();
    while (this.step(end)) {
      await settle();
      each();
    }
    this.#now = end;
  }

  /** The process is busy for so long: what falls due meanwhile is late. */
  jump(ms: number): void {
    this.#now += ms;
    this.#turn = 0;
  }

  /** Runs the next task due by `end`, and nothing else; false when there is none. */
  step(end = this.#now): boolean {
    let next: Task | undefined;
    for (const task of this.#tasks) {
      if (next === undefined || task.at < next.at || (task.at === next.at && task.turn < next.turn))
        next = task;
    }
    if (next === undefined || next.at > end) return false;
    this.#tasks.delete(next);
    this.#turn = next.at > this.#now ? 0 : next.turn;
    this.#now = Math.max(this.#now, next.at);
    this.wakes += 1;
    next.run();
    return true;
  }

  #add(task: Task): () => void {
    this.#tasks.add(task);
    return () => {
      this.#tasks.delete(task);
    };
  }
}

/** Everything that promises can do without an event from outside is done. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
