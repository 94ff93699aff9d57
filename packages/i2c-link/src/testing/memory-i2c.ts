/** The I2C part of `MemoryBus`: it simulates transfers between one master and one slave. */
import type { Clock } from '@iot/connection';
import { SLAVE_ADDRESS } from '../channel/payloads.js';
import type { I2cMaster, I2cSlave } from '../channel/ports.js';
import type { BusEvent, Run, TransferKind } from './bus-event.js';

/** Eight data bits and the acknowledge bit. */
const BITS_A_BYTE = 9;

/** The slave is ready for transfers of this kind, until all of `bytes` have been moved. */
interface Answer {
  readonly kind: TransferKind;
  readonly run: Run;
  readonly bytes: Uint8Array;
  /** Number of bytes moved so far. */
  moved: number;
  readonly resolve: () => void;
}

/** The wires SDA and SCL between one master and one slave. A transfer takes the time that its bits need. */
export class MemoryI2c {
  readonly #clock: Clock;
  readonly #khz: number;
  readonly #report: (event: BusEvent) => void;
  #answer: Answer | undefined;
  #failNext = false;
  #truncateNext = Infinity;

  constructor(clock: Clock, khz: number, report: (event: BusEvent) => void) {
    this.#clock = clock;
    this.#khz = khz;
    this.#report = report;
  }

  failNext(): void {
    this.#failNext = true;
  }

  truncateNext(bytes: number): void {
    this.#truncateNext = bytes;
  }

  master(run: Run): I2cMaster {
    return {
      read: (address, length) => this.#transfer(run, 'read', address, new Uint8Array(length)),
      write: async (address, bytes) => {
        await this.#transfer(run, 'write', address, Uint8Array.from(bytes));
      },
    };
  }

  slave(run: Run): I2cSlave {
    return {
      send: async (bytes, signal) => {
        await this.#ready(run, 'read', Uint8Array.from(bytes), signal);
      },
      receive: (length, signal) => this.#ready(run, 'write', new Uint8Array(length), signal),
    };
  }

  #ready(run: Run, kind: TransferKind, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#answer?.run.alive) throw new Error('the slave is busy: one send or receive at a time');
      const withdraw = () => {
        if (this.#answer === answer) this.#answer = undefined;
        reject(signal.reason as Error);
      };
      const done = () => {
        signal.removeEventListener('abort', withdraw);
        resolve(bytes);
      };
      const answer: Answer = { kind, run, bytes, moved: 0, resolve: done };
      signal.addEventListener('abort', withdraw);
      this.#answer = answer;
    });
  }

  #answering(kind: TransferKind): Answer | undefined {
    return this.#answer?.kind === kind && this.#answer.run.alive ? this.#answer : undefined;
  }

  #transfer(run: Run, kind: TransferKind, address: number, bytes: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (!run.alive) return;
      const answers = address === SLAVE_ADDRESS && !this.#failNext;
      const answer = answers ? this.#answering(kind) : undefined;
      const length = answer === undefined ? 0 : Math.min(bytes.length, this.#truncateNext);
      this.#failNext = false;
      if (answer !== undefined) this.#truncateNext = Infinity;
      this.#clock.at(this.#clock.now() + (BITS_A_BYTE * (1 + length)) / this.#khz, () => {
        if (!run.alive) return;
        const there = answer !== undefined && this.#answering(kind) === answer;
        if (there) this.#move(answer, bytes.subarray(0, length));
        const whole = there && length === bytes.length;
        const at = this.#clock.now();
        if (whole) resolve(bytes);
        else reject(failure(answer === undefined ? 'ENXIO' : 'EIO'));
        this.#report(whole ? { type: 'transfer', kind, bytes, at } : { type: 'fault', kind, at });
      });
      this.#report({ type: 'began', kind, at: this.#clock.now() });
    });
  }

  /** Moves bytes between the slave and `master`, the buffer of the master. */
  #move(answer: Answer, master: Uint8Array): void {
    const slave = answer.bytes.subarray(answer.moved, answer.moved + master.length);
    if (answer.kind === 'write') slave.set(master.subarray(0, slave.length));
    // After the slave's last byte nothing drives SDA, so the master reads ones.
    else master.fill(0xff).set(slave);
    answer.moved += slave.length;
    if (answer.moved < answer.bytes.length) return;
    this.#answer = undefined;
    answer.resolve();
  }
}

function failure(code: 'ENXIO' | 'EIO'): Error {
  const what = code === 'ENXIO' ? 'there is no answer at this address' : 'the transfer broke off';
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
