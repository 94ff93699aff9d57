import { OriginalResponder } from '@iot/reference-models';
import type { Random } from '@iot/simulation';
import { SLAVE_ADDRESS } from '../../src/channel/payloads.js';
import { Client } from './client.js';
import { Run } from './run.js';
import { drive } from './original-drive.js';
import type { ResponderProcess, Stage } from './stage.js';

/** Each reset is the end of a run, and the board takes its time to boot. */
const BOOT_MS = { min: 300, max: 1500 };

/** A responder with the original's software: a reset restarts the whole unit, and costs what it held. */
export class OriginalEsp implements ResponderProcess {
  readonly #stage: Stage;
  readonly #random: Random;
  #count = 0;
  #run: Run;
  #client: Client | undefined;
  #held: string[] = [];

  constructor(stage: Stage, random: Random) {
    this.#stage = stage;
    this.#random = random;
    this.#run = new Run('no run yet', stage.clock);
    stage.bus.observe((event) => {
      if (event.type === 'edge' && event.wire === 'reset') this.#reset(event.level);
    });
  }

  get alive(): boolean {
    return this.#run.alive;
  }

  get everUp(): boolean {
    return (this.#client?.connects ?? 0) > 0;
  }

  start(): void {
    const { bus, clock, trace, fail } = this.#stage;
    if (bus.level('reset') === 0) return;
    this.#client?.hostIsBack();
    const run = new Run(`esp/${++this.#count}`, clock);
    this.#run = run;
    this.#client = undefined;
    trace.log(run.name, 'starts');
    const model: OriginalResponder = new OriginalResponder({
      now: () => clock.now,
      onConfig: ([id, , , timeout]) => this.#connect(run, model, id as string, timeout as number),
      onLine: (line, flags, done) => void this.#client?.write(line, flags).then(done, fail),
      onSending: (message) => trace.log(run.name, `sends "${message.slice(0, 12)}"`),
    });
    const { master, syn, ack } = bus.responder;
    const transfers = {
      send: (bytes: Uint8Array) => master.write(SLAVE_ADDRESS, bytes),
      receive: (length: number) => master.read(SLAVE_ADDRESS, length),
    };
    drive(model.run(), { own: ack, remote: syn, ...transfers }, run, fail);
  }

  taken(text: string): void {
    this.#held.push(text);
  }

  given(text: string): void {
    this.#client?.given(text);
  }

  dropped(text: string): void {
    this.#acked(text);
  }

  /** Its transfers are never late: a model blocks in them. */
  slow(): void {}

  die(): void {
    if (!this.#run.alive) return;
    const { bus, trace, up, witness } = this.#stage;
    trace.log(this.#run.name, 'dies');
    this.#run.end();
    bus.crash('responder');
    for (const text of this.#held) up.excuse(text, 'crash');
    this.#held = [];
    this.#client?.die();
    witness.died('responder');
  }

  #reset(level: 0 | 1): void {
    if (level === 0) return this.die();
    const booting = new Run('boot', this.#stage.clock);
    booting.after(this.#random.int(BOOT_MS.min, BOOT_MS.max), () => {
      if (!this.alive) this.start();
    });
  }

  #connect(run: Run, model: OriginalResponder, id: string, timeout: number): void {
    const client = new Client(
      this.#stage,
      run,
      { id, timeout, maxUnreadLines: QUEUE, mayHold: QUEUE },
      (text) => this.#acked(text),
    );
    this.#client = client;
    client.on('state', (up) => model.server(up));
    client.on('close', () => model.refused());
    void this.#pass(run, model, client);
  }

  /** One line of the server's at a time, as the model wants it. */
  async #pass(run: Run, model: OriginalResponder, client: Client): Promise<void> {
    try {
      for (;;) {
        while (!model.wantsLine) await run.pause(LOOK_MS);
        model.deliver(await client.readline());
      }
    } catch {
      // The client has given up: the model waits for its reset.
    }
  }

  #acked(text: string): void {
    const place = this.#held.indexOf(text);
    if (place >= 0) this.#held.splice(place, 1);
  }
}

const LOOK_MS = 20;

/** Lines of the server's that it takes before its application reads. */
const QUEUE = 20;
