/**
 * Loads the two packages that access the hardware: `i2c-bus` and `node-libgpiod`. They have native code and only a machine
 * with an I2C bus needs them. So they are optional peer dependencies, which its user installs, and they are loaded only
 * when they are used.
 */
import { UsageError } from '@iot/framing';

/** The part of `i2c-bus` that is used here. */
export interface I2cBusPackage {
  openPromisified(busNumber: number): Promise<I2cBusDevice>;
}

export interface I2cBusDevice {
  i2cFuncs(): Promise<{ readonly i2c: boolean }>;
  i2cRead(address: number, length: number, buffer: Buffer): Promise<{ readonly bytesRead: number }>;
  i2cWrite(address: number, length: number, buffer: Buffer): Promise<{ readonly bytesWritten: number }>;
  close(): Promise<void>;
}

/** The part of `node-libgpiod` that is used here. */
export interface GpiodPackage {
  readonly Chip: new (id: string) => object;
  readonly Line: {
    new (chip: object, id: number | string): GpiodLine;
    readonly RequestFlags: { readonly BIAS_PULL_UP: number };
  };
}

export interface GpiodLine {
  requestInputModeFlags(consumer: string, flags: number): void;
  requestOutputMode(consumer: string, value: 0 | 1): void;
  getValue(): number;
  setValue(value: 0 | 1): void;
  release(): void;
}

/** @throws UsageError `ERR_BAD_OPTION` when the package is not installed or cannot be loaded. */
export function loadI2cBus(): Promise<I2cBusPackage> {
  return load<I2cBusPackage>('i2c-bus', '5', 'I2C');
}

/** @throws UsageError `ERR_BAD_OPTION` when the package is not installed or cannot be loaded. */
export function loadGpiod(): Promise<GpiodPackage> {
  return load<GpiodPackage>('node-libgpiod', '0.5', 'GPIO');
}

async function load<Package>(name: string, version: string, what: string): Promise<Package> {
  try {
    // With the name in a variable, the compiler and bundlers do not look for the package.
    const module = (await import(name)) as { readonly default: Package };
    return module.default;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const why = missing ? 'it is not installed' : firstLine(error);
    throw new UsageError(
      'ERR_BAD_OPTION',
      `${what} needs the package ${name} (${why}): npm install ${name}@${version}; README.md lists what it needs`,
      { cause: error },
    );
  }
}

/** The first line of an error's message. Messages of native packages can have many lines. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}
