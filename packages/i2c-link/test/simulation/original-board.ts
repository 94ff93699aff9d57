import { OriginalInitiator } from '@iot/reference-models';
import type { Random } from '@iot/simulation';
import { Application, type Surface } from './application.js';
import { Run } from './run.js';
import { drive } from './original-drive.js';
import type { BoardProcess, Stage } from './stage.js';
import { Texts } from './texts.js';

/** A board with the original's software, for one run: its model loses its one buffer at a reset and glues half lines. */
export class OriginalBoard implements BoardProcess {
  readonly alive = true;
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #lines: string[] = [];
  #reading: ((line: string) => void) | undefined;
  #application!: Application;

  constructor(stage: Stage, random: Random) {
    this.#stage = stage;
    this.#random = random;
  }

  /** As far as can be told: its `u` may have been glued to a half line. */
  get up(): boolean {
    return true;
  }

  get application(): Application {
    return this.#application;
  }

  start(): void {
    const { bus, clock, options, up, down, fail } = this.#stage;
    const run = new Run('original board', clock);
    const random = this.#random;
    const model = new OriginalInitiator({
      config: `${JSON.stringify(['board', 8123, 'server', options.timeoutMs, options.reportSeconds, '', '', 'cfg'])}\n`,
      now: () => clock.now,
      onLine: (line, glued) => this.#got(line, glued),
      onServer: () => undefined,
      onDropped: (line) => up.excuse(line, 'original'),
      onUnread: (message) => down.excuseEnd(message, 'original'),
      busy: () => !this.#stage.healed() && random.chance(0.2),
      configRace: () => (this.#stage.healed() ? 'none' : random.pick(['none', 'ahead', 'mixed'])),
    });
    const surface: Surface = {
      write: (line, flags) => {
        const { qos = true, wait = true } = flags ?? {};
        return line === ''
          ? Promise.resolve()
          : new Promise((resolve) => model.write(line, { qos, wait }, resolve));
      },
      readline: () => this.#read(),
    };
    const texts = new Texts('b', random, { identical: options.identical, long: options.longLinesUp });
    const books = { outgoing: up, incoming: down };
    const parts = { stage: this.#stage, random, texts, run, number: 1, ...books };
    this.#application = new Application(parts, surface);
    const { slave, syn, ack, reset } = bus.initiator;
    const transfers = {
      send: (bytes: Uint8Array, signal: AbortSignal) => slave.send(bytes, signal),
      receive: (length: number, signal: AbortSignal) => slave.receive(length, signal),
    };
    drive(model.run(), { own: syn, remote: ack, reset, ...transfers }, run, fail);
  }

  given(): void {}

  /** The model does so when it must. */
  reboot(): void {}

  /** These worlds are about its responder. */
  die(): void {}

  /** A half line and, after a reset, the next message: if that is a whole line, it counts as arrived. */
  #got(line: string, glued: boolean): void {
    const text = glued ? this.#unglued(line) : line;
    if (text === undefined) return;
    if (this.#reading === undefined) this.#lines.push(text);
    else this.#reading(text);
    this.#reading = undefined;
  }

  #unglued(line: string): string | undefined {
    const { down, trace } = this.#stage;
    trace.log('original board', `glues "${line.slice(0, 12)}" to the next message`);
    for (let at = line.indexOf('n'); at >= 0; at = line.indexOf('n', at + 1)) {
      if (down.knows(line.slice(at + 1))) return line.slice(at + 1);
    }
    return undefined;
  }

  #read(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve) => {
      this.#reading = resolve;
    });
  }
}
