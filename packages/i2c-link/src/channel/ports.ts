/** What a channel needs from the board that it runs on: wires, and one end of an I2C bus. */

/** Voltage on a wire: 0 is low, 1 is high. */
export type Level = 0 | 1;

/** One wire as one unit sees it. A wire that is not driven reads 1: every wire has a pull-up. */
export interface Pin {
  read(): Level;
  /** Drives the wire from now on. */
  write(level: Level): void;
  /**
   * Calls `listener` for every change of the wire, in order, never from inside a call of this port, until the function
   * returned is called.
   */
  onEdge(listener: (level: Level) => void): () => void;
}

/** The bus as its master has it; one transfer at a time. */
export interface I2cMaster {
  /** Resolves with exactly `length` bytes; rejects when there is no answer or the transfer breaks off. */
  read(address: number, length: number): Promise<Uint8Array>;
  /** Resolves when the slave has acknowledged them all; rejects when it does not. */
  write(address: number, bytes: Uint8Array): Promise<void>;
}

/** The bus as its slave has it, which answers while one of these is under way and not otherwise; one at a time. */
export interface I2cSlave {
  /** Resolves when a master has read them all. Aborting stops answering and rejects with `signal.reason`. */
  send(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Resolves when a master has written this number. Aborting stops answering and rejects with `signal.reason`. */
  receive(length: number, signal: AbortSignal): Promise<Uint8Array>;
}

/** The wire to the responder's reset input, which the initiator drives. */
export interface ResetLine {
  readonly pin: Pin;
  /** Level that resets. Default 0. */
  readonly activeLevel?: Level | undefined;
  /** How long the initiator holds that level. Default 200 ms. */
  readonly pulseMs?: number | undefined;
}
