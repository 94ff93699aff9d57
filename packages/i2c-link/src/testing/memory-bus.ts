/**
 * An I2C bus with the wires of a channel, in memory and by a clock, for tests of what runs on it.
 *
 * Theory of operation: each wire is driven by the one unit whose it is and has a pull-up, so that a unit that is dead
 * leaves its wires high. Edges reach their listeners by the clock, at the same instant and in order; transfers take
 * nine bits a byte, address included, and need a slave that is ready at their beginning and still there at their end.
 * Nothing fails by itself: who runs the test decides on faults.
 */
import type { Clock } from '@iot/connection';
import type { I2cMaster, I2cSlave, Level, Pin } from '../channel/ports.js';
import type { BusEvent, Run, Unit, Wire } from './bus-event.js';
import { MemoryI2c } from './memory-i2c.js';
import { MemoryWire } from './memory-wire.js';

export interface MemoryBusOptions {
  readonly clock: Clock;
  /** Clock rate of the bus, in bits a millisecond. Default 100. */
  readonly khz?: number | undefined;
}

/** What the initiator has: the slave's end, and `syn` and `reset` to drive. */
export interface InitiatorPorts {
  readonly slave: I2cSlave;
  readonly syn: Pin;
  readonly ack: Pin;
  readonly reset: Pin;
}

/** What the responder has: the master's end, and `ack` to drive. */
export interface ResponderPorts {
  readonly master: I2cMaster;
  readonly syn: Pin;
  readonly ack: Pin;
  readonly reset: Pin;
}

const DRIVEN_BY: Record<Wire, Unit> = { syn: 'initiator', ack: 'responder', reset: 'initiator' };
const WIRES = Object.keys(DRIVEN_BY) as Wire[];

export class MemoryBus {
  readonly #wires: Readonly<Record<Wire, MemoryWire>>;
  readonly #i2c: MemoryI2c;
  readonly #observers = new Set<(event: BusEvent) => void>();
  readonly #runs: Record<Unit, Run> = { initiator: { alive: true }, responder: { alive: true } };
  #initiator: InitiatorPorts;
  #responder: ResponderPorts;

  constructor({ clock, khz = 100 }: MemoryBusOptions) {
    const report = (event: BusEvent) => {
      for (const observer of this.#observers) observer(event);
    };
    const wire = (name: Wire) => new MemoryWire(name, clock, report);
    this.#wires = { syn: wire('syn'), ack: wire('ack'), reset: wire('reset') };
    this.#i2c = new MemoryI2c(clock, khz, report);
    this.#initiator = this.#bootInitiator();
    this.#responder = this.#bootResponder();
  }

  /** Ports of the initiator in its present run. */
  get initiator(): InitiatorPorts {
    return this.#initiator;
  }

  /** Ports of the responder in its present run. */
  get responder(): ResponderPorts {
    return this.#responder;
  }

  level(wire: Wire): Level {
    return this.#wires[wire].level;
  }

  /** Reports all that happens on the bus, at the moment it happens, until the function returned is called. */
  observe(observer: (event: BusEvent) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** The next transfer that begins has no answer. */
  failNextTransfer(): void {
    this.#i2c.failNext();
  }

  /** The next transfer that a slave answers breaks off after this number of bytes. */
  truncateNextTransfer(bytes: number): void {
    this.#i2c.truncateNext(bytes);
  }

  /** The wire has this level, whatever its unit drives, until it is released. */
  stick(wire: Wire, level: Level): void {
    this.#wires[wire].stick(level);
  }

  release(wire: Wire): void {
    this.#wires[wire].stick(undefined);
  }

  /**
   * The unit dies: its wires float high, its transfers vanish and their promises never settle. It boots when somebody
   * uses the ports of its next run, which are there at once.
   */
  crash(unit: Unit): void {
    this.#runs[unit].alive = false;
    this.#runs[unit] = { alive: true };
    if (unit === 'initiator') this.#initiator = this.#bootInitiator();
    else this.#responder = this.#bootResponder();
    for (const wire of WIRES) if (DRIVEN_BY[wire] === unit) this.#wires[wire].drive(1);
  }

  #bootInitiator(): InitiatorPorts {
    return { slave: this.#i2c.slave(this.#runs.initiator), ...this.#pins('initiator') };
  }

  #bootResponder(): ResponderPorts {
    return { master: this.#i2c.master(this.#runs.responder), ...this.#pins('responder') };
  }

  #pins(unit: Unit): Record<Wire, Pin> {
    const pin = (wire: Wire) => this.#wires[wire].pin(this.#runs[unit], DRIVEN_BY[wire] === unit);
    return { syn: pin('syn'), ack: pin('ack'), reset: pin('reset') };
  }
}
