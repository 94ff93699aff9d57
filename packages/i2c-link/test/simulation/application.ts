import type { Connection } from '@iot/connection';
import type { Random } from '@iot/simulation';
import type { Book, Entry } from './book.js';
import type { Run } from './run.js';
import type { Stage } from './stage.js';
import type { Texts } from './texts.js';

/** More are not written before some have resolved. */
const MOST_UNSETTLED = 20;

export interface ApplicationParts {
  readonly stage: Stage;
  readonly random: Random;
  readonly texts: Texts;
  readonly run: Run;
  /** Counts the runs of this process. */
  readonly number: number;
  readonly outgoing: Book;
  readonly incoming: Book;
  /** Told before the books are. */
  readonly resolved?: (text: string) => void;
  readonly arrived?: (text: string) => void;
}

/** What an application has of its end: a connection, or a model's. */
export type Surface = Pick<Connection, 'write' | 'readline'>;

/** The program on one end of the chain, for one run: it writes now and then, and reads slowly. */
export class Application {
  readonly #parts: ApplicationParts;
  readonly #surface: Surface;
  #unsettled = 0;
  #lastChange = 0;

  constructor(parts: ApplicationParts, surface: Surface) {
    this.#parts = parts;
    this.#surface = surface;
    void this.#write();
    void this.#read();
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  /** When it last wrote a line, read one, or saw a write resolve. */
  get lastChange(): number {
    return this.#lastChange;
  }

  async #write(): Promise<void> {
    const { stage, random, run } = this.#parts;
    const { habits } = stage;
    for (;;) {
      const idle = random.chance(habits.idle) ? habits.idleMs : habits.writePauseMs;
      await run.pause(random.int(1, idle));
      if (stage.healed()) return;
      const count = random.int(1, habits.burst);
      for (let i = 0; i < count && this.#unsettled < MOST_UNSETTLED; i++) this.#writeLine();
    }
  }

  #writeLine(): void {
    const { stage, random, texts, run, number, outgoing, resolved } = this.#parts;
    const qos = !random.chance(stage.habits.noQos);
    const wait = qos && !random.chance(stage.habits.noWait);
    // An empty line is nothing to send.
    const text = random.chance(0.05) ? '' : texts.next();
    const entry: Entry | undefined =
      text === '' ? undefined : outgoing.written(text, { run: number, qos, wait });
    stage.trace.log(run.name, `writes "${text.slice(0, 12)}" qos ${qos} wait ${wait}`);
    this.#unsettled += 1;
    this.#changed();
    this.#surface.write(text, { qos, wait }).then(() => {
      if (!run.alive) return;
      stage.trace.log(run.name, `"${text.slice(0, 12)}" has resolved`);
      this.#unsettled -= 1;
      this.#changed();
      if (entry === undefined) return;
      entry.resolved = true;
      resolved?.(text);
    }, stage.fail);
  }

  async #read(): Promise<void> {
    const { stage, random, run, number, incoming, arrived } = this.#parts;
    try {
      for (;;) {
        if (!stage.healed()) await run.pause(random.int(0, stage.habits.readPauseMs));
        const text = await this.#surface.readline();
        if (!run.alive) return;
        stage.trace.log(run.name, `reads "${text.slice(0, 12)}"`);
        this.#changed();
        arrived?.(text);
        incoming.arrived(text, number);
      }
    } catch (error) {
      stage.fail(error);
    }
  }

  #changed(): void {
    this.#lastChange = this.#parts.run.now();
  }
}
