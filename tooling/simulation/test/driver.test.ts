import { describe, expect, it } from 'vitest';
import { Driver, type DriverOptions, type Machine } from '../src/driver.js';
import { Random } from '../src/random.js';
import { VirtualClock } from '../src/virtual-clock.js';
import { Wire, type WireOptions } from '../src/wire.js';
import { bytes, text } from './wire-rig.js';

/** A machine that writes down how it is called. Its deadline, output and link are the test's to set. */
class Recorder implements Machine {
  readonly calls: string[] = [];
  readonly output: string[] = [];
  deadline = Infinity;
  linkOpen = false;
  /** What a tick does; by default the deadline is met. */
  onTick: (now: number) => void = () => {
    this.deadline = Infinity;
  };
  onReceive: (chunk: string) => void = () => undefined;

  open(now: number): void {
    this.calls.push(`@${now} open`);
    this.linkOpen = true;
  }
  receive(chunk: Uint8Array, now: number): void {
    this.calls.push(`@${now} receive ${text(chunk)}`);
    this.onReceive(text(chunk));
  }
  linkClosed(now: number, how: string): void {
    this.calls.push(`@${now} ${how}`);
    this.linkOpen = false;
  }
  takeOutput(): Uint8Array | undefined {
    const next = this.output.shift();
    return next === undefined ? undefined : bytes(next);
  }
  backPressure(on: boolean): void {
    this.calls.push(`backPressure ${on}`);
  }
  nextDeadline(): number {
    return this.deadline;
  }
  tick(now: number): void {
    this.calls.push(`@${now} tick`);
    this.onTick(now);
  }
}

function rig(driverOptions: Partial<DriverOptions> = {}, wireOptions: Partial<WireOptions> = {}) {
  const clock = new VirtualClock();
  const machine = new Recorder();
  const wire = new Wire({ clock, random: new Random(1), ...wireOptions });
  const peer: string[] = [];
  wire.b.onData = (chunk) => peer.push(text(chunk));
  wire.b.onClosed = (how) => peer.push(`<${how}>`);
  const driver = new Driver({ clock, machine, ...driverOptions });
  return { clock, machine, wire, peer, driver };
}

describe('a link', () => {
  it('is opened, fed its first bytes and pumped until there is nothing more to send', () => {
    const { clock, machine, wire, peer, driver } = rig();
    machine.output.push('1\n', '2\n');
    driver.attach(wire.a, bytes('after the hello\n'));
    clock.runUntil(0);
    expect(machine.calls).toEqual(['@0 open', '@0 receive after the hello\n']);
    expect(peer).toEqual(['1\n', '2\n']);
  });

  it('passes data in and what it causes out', () => {
    const { clock, machine, wire, peer, driver } = rig();
    driver.attach(wire.a);
    machine.onReceive = () => machine.output.push('00\n');
    wire.b.write(bytes('00hi\n'));
    clock.runUntil(5);
    expect(machine.calls).toEqual(['@0 open', '@0 receive 00hi\n']);
    expect(peer).toEqual(['00\n']);
  });

  it('informs machine and owner when the wire ends it, and takes the next wire', () => {
    const ends: string[] = [];
    const { clock, machine, wire, driver } = rig({ onLinkEnd: (how) => ends.push(how) });
    driver.attach(wire.a);
    expect(() => driver.attach(wire.a)).toThrow(/has a link already/);
    wire.b.close();
    clock.runUntil(5);
    expect(machine.calls).toEqual(['@0 open', '@0 fin']);
    expect(ends).toEqual(['fin']);
    const second = new Wire({ clock, random: new Random(1) });
    driver.attach(second.a);
    second.reset();
    clock.runUntil(6);
    expect(machine.calls.slice(2)).toEqual(['@5 open', '@5 reset']);
    expect(ends).toEqual(['fin', 'reset']);
  });

  it('is closed when the machine gives it up, after its last output', () => {
    const ends: string[] = [];
    const { clock, machine, wire, peer, driver } = rig({ onLinkEnd: (how) => ends.push(how) });
    driver.attach(wire.a);
    machine.onReceive = () => {
      machine.output.push('last\n');
      machine.linkOpen = false;
    };
    wire.b.write(bytes('zz\n'));
    wire.b.write(bytes('never read\n'));
    clock.runUntil(5);
    expect(peer).toEqual(['last\n', '<fin>']);
    expect(ends).toEqual(['given-up']);
    expect(machine.calls).toEqual(['@0 open', '@0 receive zz\n']);
    expect(driver.end).toBeUndefined();
  });

  it('can be opened again from the hook that hears of its end', () => {
    const made = rig({
      onLinkEnd: () => made.driver.attach(next.a),
    });
    const next = new Wire({ clock: made.clock, random: new Random(1) });
    made.driver.attach(made.wire.a);
    made.wire.b.close();
    made.clock.runUntil(1);
    expect(made.machine.calls).toEqual(['@0 open', '@0 fin', '@0 open']);
    expect(made.driver.end).toBe(next.a);
  });

  it('can be detached: the machine is told, the end stays open and unread', () => {
    const { clock, machine, wire, peer, driver } = rig();
    driver.attach(wire.a);
    wire.b.write(bytes('waits'));
    expect(driver.detach()).toBe(wire.a);
    expect(driver.detach()).toBeUndefined();
    clock.runUntil(5);
    expect(machine.calls).toEqual(['@0 open', '@0 fin']);
    expect([wire.a.open, peer]).toEqual([true, []]);
    const read: string[] = [];
    wire.a.onData = (chunk) => read.push(text(chunk));
    clock.runUntil(6);
    expect(read).toEqual(['waits']);
  });
});

describe('back pressure', () => {
  it('stops taking output until the wire has drained', () => {
    const { clock, machine, wire, peer, driver } = rig({}, { sendBufferBytes: 3 });
    driver.attach(wire.a);
    wire.stall('a2b');
    machine.output.push('12', '34', '56');
    driver.poke();
    expect(machine.calls).toEqual(['@0 open', 'backPressure true']);
    expect(machine.output).toEqual(['56']);
    clock.runUntil(5);
    wire.resume('a2b');
    clock.runUntil(6);
    expect(machine.calls.slice(2)).toEqual(['backPressure false']);
    expect(peer).toEqual(['12', '34', '56']);
  });
});

describe('the timer', () => {
  it('ticks at the deadline, with and without a link', () => {
    const { clock, machine, driver } = rig();
    machine.deadline = 40;
    driver.poke();
    clock.runUntil(100);
    expect(machine.calls).toEqual(['@40 tick']);
    expect(driver.missedDeadlines).toBe(0);
  });

  it('is armed once, moved when it must be earlier, and looks again when it was too early', () => {
    const { clock, machine, driver } = rig();
    for (const deadline of [80, 60, 70, 90]) {
      machine.deadline = deadline;
      driver.poke();
      expect(clock.pending).toBe(1);
    }
    clock.runUntil(100);
    expect(machine.calls).toEqual(['@90 tick']);
  });

  it('gives the further turn that a machine asks for, after the data that lies ready', () => {
    const { clock, machine, wire, driver } = rig();
    driver.attach(wire.a);
    let ticks = 0;
    machine.deadline = 50;
    machine.onTick = () => {
      ticks += 1;
      if (ticks === 2) machine.deadline = Infinity;
    };
    driver.poke();
    clock.at(50, () => wire.b.write(bytes('just in time')));
    clock.runUntil(60);
    expect(machine.calls).toEqual(['@0 open', '@50 tick', '@50 receive just in time', '@50 tick']);
    expect(driver.missedDeadlines).toBe(0);
  });

  it('counts a deadline that lay in the past when it was asked for', () => {
    const { clock, machine, driver } = rig();
    clock.runUntil(100);
    machine.deadline = 99;
    driver.poke();
    clock.runUntil(101);
    expect(driver.missedDeadlines).toBe(0);
    machine.deadline = 99;
    driver.poke();
    clock.runUntil(102);
    expect(driver.missedDeadlines).toBe(1);
    expect(machine.calls).toEqual(['@100 tick', '@101 tick']);
  });

  it('stops the world when a machine never moves its deadline on', () => {
    const clock = new VirtualClock({ maxEventsPerInstant: 100 });
    const machine = new Recorder();
    machine.onTick = () => undefined;
    machine.deadline = 5;
    new Driver({ clock, machine });
    expect(() => clock.runUntil(10)).toThrow(/livelock/);
    machine.deadline = NaN;
    expect(() => new Driver({ clock, machine })).toThrow(/NaN/);
  });
});

describe('a busy process', () => {
  it('gets neither data nor timers, then the due timer first and the data after it', () => {
    const { clock, machine, wire, driver } = rig();
    driver.attach(wire.a);
    machine.deadline = 30;
    machine.onTick = (now) => {
      machine.deadline = now + 20;
    };
    driver.poke();
    driver.busyUntil(100);
    expect(driver.busy).toBe(true);
    wire.b.write(bytes('one;'));
    clock.at(50, () => wire.b.write(bytes('two;')));
    clock.at(60, () => wire.b.close());
    clock.runUntil(99);
    expect(machine.calls).toEqual(['@0 open']);
    clock.runUntil(119);
    expect(machine.calls.slice(1)).toEqual([
      '@100 tick',
      '@100 receive one;',
      '@100 receive two;',
      '@100 fin',
    ]);
    expect(driver.missedDeadlines).toBe(0);
    clock.runUntil(121);
    expect(machine.calls.at(-1)).toBe('@120 tick');
  });

  it('reads before the further turn that the due timer asked for', () => {
    const { clock, machine, wire, driver } = rig();
    driver.attach(wire.a);
    let ticks = 0;
    machine.deadline = 30;
    machine.onTick = () => {
      ticks += 1;
      if (ticks === 2) machine.deadline = Infinity;
    };
    driver.poke();
    wire.b.write(bytes('alive'));
    driver.busyUntil(100);
    clock.runUntil(200);
    expect(machine.calls).toEqual(['@0 open', '@100 tick', '@100 receive alive', '@100 tick']);
    expect(driver.missedDeadlines).toBe(0);
  });

  it('stays busy for the longest of several times, and takes a link only afterwards', () => {
    const { clock, machine, wire, driver } = rig();
    driver.busyUntil(20);
    driver.busyUntil(50);
    driver.busyUntil(30);
    driver.attach(wire.a);
    wire.b.write(bytes('x'));
    clock.runUntil(49);
    expect(machine.calls).toEqual([]);
    clock.runUntil(50);
    expect(machine.calls).toEqual(['@50 open', '@50 receive x']);
  });
});

describe('death', () => {
  it.each([
    ['fin', ['out', '<fin>']],
    ['reset', ['<reset>']],
    ['silent', []],
  ] as const)('%s: the peer sees %j and the machine is never called again', (death, seen) => {
    const { clock, machine, wire, peer, driver } = rig();
    driver.attach(wire.a);
    machine.deadline = 10;
    machine.output.push('out');
    driver.poke();
    driver.busyUntil(8);
    wire.b.write(bytes('in'));
    driver.kill(death);
    driver.kill('fin');
    driver.poke();
    clock.runUntil(1_000);
    expect(machine.calls).toEqual(['@0 open']);
    expect(peer).toEqual(seen);
    expect(driver.alive).toBe(false);
    expect(() => driver.attach(wire.a)).toThrow(/is dead/);
  });
});

describe('the hook after every call', () => {
  it('runs after each one, and what it writes goes out before anything else happens', () => {
    let calls = 0;
    const made = rig({
      after: () => {
        calls += 1;
        if (calls === 2) {
          made.machine.output.push('from the hook');
          made.driver.poke();
        }
      },
    });
    made.driver.attach(made.wire.a);
    made.clock.runUntil(0);
    expect(made.peer).toEqual(['from the hook']);
    // open, takeOutput (nothing), then for the poke: takeOutput (the line), takeOutput (nothing).
    expect(calls).toBe(4);
  });

  it('may kill the process in the middle of anything', () => {
    const made = rig({ after: () => made.driver.kill('fin') });
    made.machine.output.push('never sent');
    made.driver.attach(made.wire.a);
    made.clock.runUntil(10);
    expect(made.machine.calls).toEqual(['@0 open']);
    expect(made.peer).toEqual(['<fin>']);
  });
});
