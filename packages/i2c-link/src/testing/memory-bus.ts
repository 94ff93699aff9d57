/**
 * `MemoryBus` simulates an I2C bus and the wires of a channel in memory, with the time of a given clock. It is for tests
 * of programs that use a channel.
 *
 * Theory of operation: each wire is driven by one unit and has a pull-up, so a unit that has crashed leaves its wires
 * high. A timer of the clock calls the listeners of an edge: at the same time as the edge, and in order. A transfer takes
 * nine bit times for each byte, including the address. It succeeds if a slave is ready at its beginning and still ready
 * at its end. Faults happen only when a test asks for them.
 */
import type { Clock } from '@iot/connection';
import type { I2cMaster, I2cSlave, Level, Pin } from '../channel/ports.js';
import type { BusEvent, Run, Unit, Wire } from './bus-event.js';
import { MemoryI2c } from './memory-i2c.js';
import { MemoryWire } from './memory-wire.js';

export interface MemoryBusOptions {
  readonly clock: Clock;
  /** Clock rate of the bus in kHz, which is bits per millisecond. Default 100. */
  readonly khz?: number | undefined;
}

/** The ports of the initiator: the slave's end of the bus and the wires. It drives `syn` and `reset`. */
export interface InitiatorPorts {
  readonly slave: I2cSlave;
  readonly syn: Pin;
  readonly ack: Pin;
  readonly reset: Pin;
}

/** The ports of the responder: the master's end of the bus and the wires. It drives `ack`. */
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

  /** The ports of the initiator in its current run. `crash` begins a new run. */
  get initiator(): InitiatorPorts {
    return this.#initiator;
  }

  /** The ports of the responder in its current run. `crash` begins a new run. */
  get responder(): ResponderPorts {
    return this.#responder;
  }

  level(wire: Wire): Level {
    return this.#wires[wire].level;
  }

  /** Calls `observer` for every event of the bus when it happens. Calling the returned function stops it. */
  observe(observer: (event: BusEvent) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Makes the next transfer fail: no slave answers it. */
  failNextTransfer(): void {
    this.#i2c.failNext();
  }

  /** Makes the next transfer that a slave answers break off after this number of bytes. */
  truncateNextTransfer(bytes: number): void {
    this.#i2c.truncateNext(bytes);
  }

  /** Forces the wire to this level, whatever its unit drives, until `release` is called. */
  stick(wire: Wire, level: Level): void {
    this.#wires[wire].stick(level);
  }

  release(wire: Wire): void {
    this.#wires[wire].stick(undefined);
  }

  /**
   * Simulates a crash of the unit: its wires go high, and the promises of its transfers never settle. A new run of the
   * unit begins at once: `initiator` and `responder` return the new ports.
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
