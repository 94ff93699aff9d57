import type { Random } from '@iot/simulation';
import { openBoard, type Board } from '../../src/board/index.js';
import { Application } from './application.js';
import { Run } from './run.js';
import { noPeerError, type BoardProcess, type Stage } from './stage.js';
import { Texts } from './texts.js';

/** The board under test, over all its runs. */
export class OurBoard implements BoardProcess {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #texts: Texts;
  #count = 0;
  #run!: Run;
  #board!: Board;
  #application!: Application;
  /** Lines that this run has been given, as the bus has shown, and that its application has not read. */
  #unread: string[] = [];

  constructor(stage: Stage, random: Random) {
    this.#stage = stage;
    this.#random = random;
    this.#texts = new Texts('b', random, {
      identical: stage.options.identical,
      long: stage.options.longLinesUp,
    });
  }

  get alive(): boolean {
    return this.#run.alive;
  }

  get up(): boolean {
    return this.#board.status;
  }

  get application(): Application {
    return this.#application;
  }

  start(): void {
    const { bus, clock, options, up, down, witness, trace, fail } = this.#stage;
    const random = this.#random;
    const run = new Run(`board/${++this.#count}`, clock);
    this.#run = run;
    this.#unread = [];
    trace.log(run.name, 'starts');
    this.#board = openBoard({
      id: 'board',
      host: 'server',
      timeout: options.timeoutMs,
      reportSeconds: options.reportSeconds,
      ...bus.initiator,
      reset: { pin: bus.initiator.reset },
      exchangeIntervalMs: options.exchangeIntervalMs,
      maxUnreadLines: random.pick([1, 2, 256]),
      clock: run,
      badServer: () => run.pause(random.int(0, 2000)),
    });
    this.#board.on('peerError', noPeerError(this.#stage));
    this.#board.on('close', (error) => fail(error ?? new Error('the board was closed')));
    const books = { outgoing: up, incoming: down };
    const claims = {
      resolved: (text: string) => witness.claim('taken', text),
      arrived: (text: string) => this.#arrived(text),
    };
    this.#application = new Application(
      { stage: this.#stage, random, texts: this.#texts, run, number: this.#count, ...books, ...claims },
      this.#board,
    );
  }

  /** As the bus has shown. */
  given(text: string): void {
    this.#unread.push(text);
  }

  reboot(): void {
    if (!this.#run.alive) return;
    this.#stage.trace.log(this.#run.name, 'reboots its responder');
    this.#board.reboot();
  }

  die(): void {
    if (!this.#run.alive) return;
    const { bus, trace, up, down, witness } = this.#stage;
    trace.log(this.#run.name, 'dies');
    this.#run.end();
    bus.crash('initiator');
    witness.died('initiator');
    up.writerDied(this.#count);
    for (const text of this.#unread) down.excuse(text, 'unread');
  }

  #arrived(text: string): void {
    this.#stage.witness.claim('come', text);
    const place = this.#unread.indexOf(text);
    if (place >= 0) this.#unread.splice(place, 1);
    if (this.#random.chance(this.#stage.habits.rebootOnRead)) this.reboot();
  }
}
