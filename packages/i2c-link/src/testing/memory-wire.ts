/** The wires `syn`, `ack` and `reset` of `MemoryBus`. */
import type { Clock } from '@iot/connection';
import type { Level, Pin } from '../channel/ports.js';
import type { BusEvent, Run, Wire } from './bus-event.js';

/** A wire with a pull-up. One unit drives it, and both units read it. */
export class MemoryWire {
  readonly #name: Wire;
  readonly #clock: Clock;
  readonly #report: (event: BusEvent) => void;
  readonly #listeners = new Set<(level: Level) => void>();
  #driven: Level = 1;
  #stuck: Level | undefined;
  #level: Level = 1;

  constructor(name: Wire, clock: Clock, report: (event: BusEvent) => void) {
    this.#name = name;
    this.#clock = clock;
    this.#report = report;
  }

  get level(): Level {
    return this.#level;
  }

  /** Drives the wire. Level 1 is also the level of a wire that is not driven: its pull-up makes it high. */
  drive(level: Level): void {
    this.#driven = level;
    this.#settle();
  }

  /** Forces the wire to this level, whatever drives it; undefined ends that. */
  stick(level: Level | undefined): void {
    this.#stuck = level;
    this.#settle();
  }

  /** The wire as the `Pin` of one unit in one run. */
  pin(run: Run, drives: boolean): Pin {
    return {
      read: () => this.#level,
      write: (level) => {
        if (!drives) throw new Error(`the other unit drives ${this.#name}`);
        if (run.alive) this.drive(level);
      },
      onEdge: (listener) => {
        const hear = (level: Level) => {
          if (!run.alive) this.#listeners.delete(hear);
          if (this.#listeners.has(hear)) listener(level);
        };
        this.#listeners.add(hear);
        return () => this.#listeners.delete(hear);
      },
    };
  }

  #settle(): void {
    const level = this.#stuck ?? this.#driven;
    if (level === this.#level) return;
    this.#level = level;
    const now = this.#clock.now();
    for (const hear of this.#listeners) this.#clock.at(now, () => hear(level));
    this.#report({ type: 'edge', wire: this.#name, level, at: now });
  }
}
