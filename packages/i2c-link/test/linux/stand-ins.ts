import type { GpiodPackage, I2cBusPackage } from '../../src/linux/index.js';

/** Replaces `node-libgpiod`: lines that are free, levels that a test sets. */
export class GpiodStandIn {
  /** By `<chip>:<line>`; what is not here is pulled up. */
  readonly levels = new Map<string, number>();
  /** What was asked of the package, in order. */
  readonly calls: string[] = [];
  broken = false;
  readonly package: GpiodPackage = { Chip, Line: lineOf(this) };

  readonly load = (): Promise<GpiodPackage> => Promise.resolve(this.package);
}

class Chip {
  constructor(readonly id: string) {
    if (id !== 'gpiochip0') throw new Error('ENOENT, No such file or directory\nmore');
  }
}

function lineOf(standIn: GpiodStandIn): GpiodPackage['Line'] {
  return class {
    static readonly RequestFlags = { BIAS_PULL_UP: 32 };
    readonly #name: string;
    constructor(chip: object, id: number | string) {
      this.#name = `${(chip as Chip).id}:${id}`;
    }
    requestInputModeFlags(consumer: string, flags: number): void {
      if (this.#name.endsWith(':99')) throw new Error('EBUSY, Device or resource busy');
      standIn.calls.push(`${this.#name} input ${consumer} ${flags}`);
    }
    requestOutputMode(consumer: string, value: 0 | 1): void {
      standIn.calls.push(`${this.#name} output ${consumer} ${value}`);
    }
    getValue(): number {
      if (standIn.broken) throw new Error('EIO, ::getValue');
      return standIn.levels.get(this.#name) ?? 1;
    }
    setValue(value: 0 | 1): void {
      if (standIn.broken) throw new Error('EIO, ::setValue');
      standIn.calls.push(`${this.#name} = ${value}`);
    }
    release(): void {
      standIn.calls.push(`${this.#name} released`);
    }
  };
}

/** Replaces `i2c-bus`, with a slave that reads and writes what a test says. */
export class I2cBusStandIn {
  readonly calls: string[] = [];
  plainI2c = true;
  /** What a transfer does; as long as it waits, the transfer is under way. */
  transfer: (buffer: Buffer) => Promise<number> = (buffer) => Promise.resolve(buffer.length);

  readonly #package: I2cBusPackage = {
    openPromisified: (number) => {
      this.calls.push(`open ${number}`);
      return Promise.resolve({
        i2cFuncs: () => {
          const path = `/dev/i2c-${number}`;
          if (number !== 1)
            return Promise.reject(new Error(`ENOENT: no such file or directory, open '${path}'`));
          return Promise.resolve({ i2c: this.plainI2c });
        },
        i2cRead: async (address, length, buffer) => {
          this.calls.push(`read ${length} from ${address}`);
          return { bytesRead: await this.transfer(buffer), buffer };
        },
        i2cWrite: async (address, length, buffer) => {
          this.calls.push(`write ${buffer.toString()} to ${address}`);
          return { bytesWritten: await this.transfer(buffer), buffer };
        },
        close: () => {
          this.calls.push('close');
          return Promise.resolve();
        },
      });
    },
  };

  readonly load = (): Promise<I2cBusPackage> => Promise.resolve(this.#package);
}
