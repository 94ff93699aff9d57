/** Interfaces to the hardware of one unit: wires and one end of an I2C bus. An application implements them. */

/** Voltage on a wire: 0 is low, 1 is high. */
export type Level = 0 | 1;

/** One wire as one unit sees it. A wire that is not driven reads 1: every wire has a pull-up. */
export interface Pin {
  read(): Level;
  /** Drives the wire from now on. */
  write(level: Level): void;
  /**
   * Calls `listener` for every change of the wire, in order. Never calls it from inside a call of this `Pin`. Calling the
   * returned function stops it.
   */
  onEdge(listener: (level: Level) => void): () => void;
}

/** The master's end of the bus. Only one call is in progress at a time. */
export interface I2cMaster {
  /** Resolves with exactly `length` bytes. Rejects when the slave does not answer or the transfer breaks off. */
  read(address: number, length: number): Promise<Uint8Array>;
  /** Resolves when the slave has acknowledged all bytes. Rejects when it has not. */
  write(address: number, bytes: Uint8Array): Promise<void>;
}

/**
 * The slave's end of the bus. The slave answers the master only while one of these calls is in progress. Only one call is
 * in progress at a time.
 */
export interface I2cSlave {
  /** Resolves when the master has read all bytes. Aborting stops answering and rejects with `signal.reason`. */
  send(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Resolves when the master has written `length` bytes. Aborting stops answering and rejects with `signal.reason`. */
  receive(length: number, signal: AbortSignal): Promise<Uint8Array>;
}

/** The wire to the responder's reset input. The initiator drives it. */
export interface ResetLine {
  readonly pin: Pin;
  /** The level that resets the responder. Default 0. */
  readonly activeLevel?: Level | undefined;
  /** Length of the initiator's reset pulse. Default 200 ms. */
  readonly pulseMs?: number | undefined;
}
