import { describe, expect, it } from 'vitest';
import { OriginalInitiator, OriginalOsError, OriginalResponder } from '../src/index.js';
import type { ChannelRun, ChannelStep, ConfigRace } from '../src/index.js';

/** Both units on one bus, in steps of 10 µs. Nothing fails by itself. */
class Bench {
  now = 0;
  busy = false;
  race: ConfigRace = 'none';
  readonly atBoard: string[] = [];
  readonly atServer: string[] = [];
  readonly lost: string[] = [];
  readonly initiator = new OriginalInitiator({
    config: '["board", 8123, "server", 1500, 0, "", "", "cfg"]\n',
    now: () => this.now,
    onLine: (line, glued) => this.atBoard.push(glued ? `glued ${line}` : line),
    onServer: (up) => this.atBoard.push(up ? 'up' : 'down'),
    onDropped: (line) => this.lost.push(line),
    onUnread: (message) => this.lost.push(message),
    busy: () => this.busy,
    configRace: () => this.race,
  });
  responder!: OriginalResponder;
  /** Settles the write of the line that the responder forwarded last. */
  acked: () => void = () => undefined;
  resets = 0;
  readonly #wires = { syn: 1, ack: 1 };
  readonly #units: { readonly board: Unit; esp: Unit | undefined };

  constructor() {
    this.#units = { board: new Unit(this.initiator.run()), esp: undefined };
    this.boot();
  }

  /** The responder starts again. */
  boot(): void {
    this.responder = new OriginalResponder({
      now: () => this.now,
      onConfig: ([id]) => this.atServer.push(`hello ${String(id)}`),
      onLine: (line, { qos, wait }, done) => {
        this.atServer.push(`${line} ${qos} ${wait}`);
        this.acked = done;
      },
      onSending: () => undefined,
    });
    this.#wires.ack = 1;
    this.#units.esp = new Unit(this.responder.run());
  }

  /** The responder dies: its wire floats. */
  crash(): void {
    this.#wires.ack = 1;
    this.#units.esp = undefined;
  }

  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now += 0.01) {
      for (let moved = true; moved;) {
        moved = this.#move(this.#units.board, 'syn', 'ack');
        moved = (this.#units.esp !== undefined && this.#move(this.#units.esp, 'ack', 'syn')) || moved;
        moved = this.#transfer() || moved;
      }
    }
  }

  /** Does the unit's present step, if it can be done now. */
  #move(unit: Unit, own: 'syn' | 'ack', remote: 'syn' | 'ack'): boolean {
    const { step } = unit;
    switch (step?.type) {
      case 'own':
        this.#wires[own] = step.level;
        return unit.goOn(this.now);
      case 'reset':
        if (step.active) this.crash();
        else this.boot();
        this.resets += Number(step.active);
        return unit.goOn(this.now);
      case 'sleep':
        return this.now - unit.since >= step.ms && unit.goOn(this.now);
      case 'await':
        if (this.#wires[remote] === step.level) return unit.goOn(this.now);
        return this.now - unit.since > step.withinMs && unit.fail(this.now);
      case 'send':
      case 'receive':
        return this.now - unit.since > step.withinMs && unit.fail(this.now);
      case undefined:
        return false;
    }
  }

  #transfer(): boolean {
    const { board, esp } = this.#units;
    const [from, to] = board.step?.type === 'send' ? [board, esp] : [esp, board];
    if (from?.step?.type !== 'send' || to?.step?.type !== 'receive') return false;
    const { bytes } = from.step;
    expect(to.step.length).toBe(bytes.length);
    from.goOn(this.now);
    return to.goOn(this.now, bytes);
  }
}

class Unit {
  step: ChannelStep | undefined;
  since = 0;
  readonly #run: ChannelRun;

  constructor(run: ChannelRun) {
    this.#run = run;
    this.goOn(0);
  }

  goOn(now: number, bytes?: Uint8Array): true {
    return this.#take(this.#run.next(bytes), now);
  }

  fail(now: number): true {
    return this.#take(this.#run.throw(new OriginalOsError('late')), now);
  }

  #take({ done, value }: IteratorResult<ChannelStep, void>, now: number): true {
    this.step = done === true ? undefined : value;
    this.since = now;
    return true;
  }
}

/** Both have booted, and the responder has its link to the server. */
function joined(): Bench {
  const bench = new Bench();
  bench.run(1600);
  bench.responder.server(true);
  bench.run(400);
  return bench;
}

const write = (bench: Bench, ...lines: string[]) => {
  for (const line of lines) bench.initiator.write(line, { qos: true, wait: false }, () => undefined);
};

describe('an original board and an original responder', () => {
  it('begin with the configuration, and then pass lines both ways', () => {
    const bench = joined();
    write(bench, 'one');
    bench.responder.deliver('two');
    bench.run(500);
    expect(bench.atServer).toEqual(['hello board', 'one true false']);
    expect(bench.atBoard).toEqual(['up', 'two']);
    expect(bench.resets).toBe(1);
  });

  it('hold each other off while something is unread', () => {
    const bench = joined();
    write(bench, 'one', 'two', 'three', 'four');
    bench.run(1000);
    // Two is in the responder's buffer; the board writes nothing more.
    expect(bench.atServer).toEqual(['hello board', 'one true false']);
    expect(bench.initiator.sending).toBe(false);
    bench.acked();
    bench.run(1000);
    expect(bench.atServer.slice(2)).toEqual(['two true false']);
    bench.busy = true;
    bench.responder.deliver('a');
    bench.responder.deliver('b');
    bench.run(500);
    expect(bench.atBoard).toEqual(['up']);
    bench.busy = false;
    bench.run(500);
    expect(bench.atBoard).toEqual(['up', 'a', 'b']);
  });

  it('lose the line in the buffer of the board when the responder dies, and begin again', () => {
    const bench = joined();
    write(bench, 'one', 'two');
    for (let i = 0; i < 20_000 && !bench.initiator.sending; i++) bench.run(0.01);
    bench.crash();
    bench.run(9000);
    bench.responder.server(true);
    bench.run(500);
    expect(bench.lost).toEqual(['one']);
    expect(bench.atServer.slice(1)).toEqual(['hello board', 'two true false']);
    expect(bench.resets).toBe(3);
  });

  it.each([
    ['ahead of', ['hello board', 'three true false']],
    ['mixed with', []],
  ])('lose the line that is sent %s the configuration, and those before a configuration', (how, atServer) => {
    const bench = joined();
    bench.race = how === 'ahead of' ? 'ahead' : 'mixed';
    write(bench, 'one', 'two', 'three');
    for (let i = 0; i < 20_000 && !bench.initiator.sending; i++) bench.run(0.01);
    bench.crash();
    bench.run(9000);
    bench.responder.server(true);
    bench.run(500);
    expect(bench.atServer.slice(1)).toEqual(atServer);
    expect(bench.lost).toEqual(how === 'ahead of' ? ['one', 'two'] : ['one', 'two', 'three']);
  });

  it('reboots a responder whose keepalives have stopped, and one that has stopped', () => {
    const bench = joined();
    bench.run(5000);
    expect(bench.resets).toBe(1);
    bench.responder.refused();
    bench.run(500);
    expect(bench.resets).toBe(2);
  });
});
