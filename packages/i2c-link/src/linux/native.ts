/**
 * The two packages that reach the hardware: `i2c-bus` and `node-libgpiod`. They are native and not needed elsewhere, so
 * they are optional peers: whoever has a board installs them beside this package, and they are loaded only when used.
 */
import { UsageError } from '@iot/framing';

/** What is used of `i2c-bus`. */
export interface I2cBusPackage {
  openPromisified(busNumber: number): Promise<I2cBusDevice>;
}

export interface I2cBusDevice {
  i2cFuncs(): Promise<{ readonly i2c: boolean }>;
  i2cRead(address: number, length: number, buffer: Buffer): Promise<{ readonly bytesRead: number }>;
  i2cWrite(address: number, length: number, buffer: Buffer): Promise<{ readonly bytesWritten: number }>;
  close(): Promise<void>;
}

/** What is used of `node-libgpiod`. */
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

/** @throws UsageError `ERR_BAD_OPTION` when it is not installed, or could not be built. */
export function loadI2cBus(): Promise<I2cBusPackage> {
  return load<I2cBusPackage>('i2c-bus', '5', 'I2C');
}

/** @throws UsageError `ERR_BAD_OPTION` when it is not installed, or could not be built. */
export function loadGpiod(): Promise<GpiodPackage> {
  return load<GpiodPackage>('node-libgpiod', '0.5', 'GPIO');
}

async function load<Package>(name: string, version: string, what: string): Promise<Package> {
  try {
    // A variable, or the compiler and a bundler would look for it.
    const module = (await import(name)) as { readonly default: Package };
    return module.default;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const why = missing ? 'it is not installed' : firstLine(error);
    throw new UsageError(
      'ERR_BAD_OPTION',
      `${what} needs the package ${name} (${why}): npm install ${name}@${version}; README.md says what that needs`,
      { cause: error },
    );
  }
}

/** Of an error's message: those of native packages can run over many. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}
