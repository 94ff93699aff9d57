/**
 * A real button and a real LED on a Linux board, with the package `node-libgpiod`. The package is native and
 * needed only on boards, so it is not a dependency. Users of a board install it, and it is loaded only when
 * needed.
 */
import type { GpiodLine, GpiodPackage, GpioLine } from '@iot/i2c-link/linux';
import type { Button } from './button.js';
import type { Led } from './led.js';

/** The parts of `node-libgpiod` that are used. */
export type Gpiod = GpiodPackage & {
  readonly Line: { readonly RequestFlags: { readonly ACTIVE_LOW: number } };
};

/** The user of the line, as shown by `gpioinfo`. */
const CONSUMER = 'iot-remote-control';

/**
 * Polling interval, because the package has no events for a change. A press by hand lasts longer than two
 * intervals.
 */
const POLL_MS = 10;

/**
 * A button between the line and ground.
 *
 * @throws Error, of one line, when the package is missing or the line cannot be opened
 */
export async function openButton(pin: GpioLine, load = loadGpiod): Promise<GpioButton> {
  const gpiod = await load();
  const { ACTIVE_LOW, BIAS_PULL_UP } = gpiod.Line.RequestFlags;
  return new GpioButton(
    open(gpiod, pin, (line) => line.requestInputModeFlags(CONSUMER, ACTIVE_LOW | BIAS_PULL_UP)),
  );
}

/**
 * An LED, with its resistor, between the line and ground.
 *
 * @throws Error, of one line, when the package is missing or the line cannot be opened
 */
export async function openLed(pin: GpioLine, load = loadGpiod): Promise<GpioLed> {
  return new GpioLed(open(await load(), pin, (line) => line.requestOutputMode(CONSUMER, 0)));
}

export class GpioButton implements Button, Disposable {
  readonly #opened: Opened;
  #on: boolean;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#on = this.#read();
  }

  get on(): boolean {
    return this.#on;
  }

  /** A change counts when it is read twice in a row, because contacts bounce. */
  async watch(changed: (on: boolean) => void, stop: AbortSignal): Promise<void> {
    let before = this.#on;
    const poll = (): void => {
      const now = this.#read();
      const settled = now === before;
      before = now;
      if (!settled || now === this.#on) return;
      this.#on = now;
      changed(now);
    };
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        if (stop.aborted) return resolve();
        stop.addEventListener('abort', () => resolve(), { once: true });
        timer = setInterval(() => {
          try {
            poll();
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        }, POLL_MS);
      });
    } finally {
      clearInterval(timer);
    }
  }

  [Symbol.dispose](): void {
    this.#opened.line.release();
  }

  #read(): boolean {
    return this.#opened.line.getValue() === 1;
  }
}

export class GpioLed implements Led, Disposable {
  readonly #opened: Opened;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  show(on: boolean): void {
    this.#opened.line.setValue(on ? 1 : 0);
  }

  [Symbol.dispose](): void {
    this.show(false);
    this.#opened.line.release();
  }
}

interface Opened {
  /** Referenced here, because the package closes a chip that is garbage-collected. */
  readonly chip: object;
  readonly line: GpiodLine;
}

function open(gpiod: Gpiod, pin: GpioLine, request: (line: GpiodLine) => void): Opened {
  try {
    const chip = new gpiod.Chip(pin.chip);
    const line = new gpiod.Line(chip, pin.line);
    request(line);
    return { chip, line };
  } catch (error) {
    throw new Error(`cannot use GPIO line ${pin.chip}:${pin.line} (${firstLine(error)})`, { cause: error });
  }
}

async function loadGpiod(): Promise<Gpiod> {
  const name = 'node-libgpiod'; // a variable, so that the compiler and the bundler do not resolve it
  try {
    const module = (await import(name)) as { readonly default: Gpiod };
    return module.default;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const why = missing ? 'it is not installed' : firstLine(error);
    throw new Error(`GPIO needs the package ${name} (${why}): see README.md to install it`, {
      cause: error,
    });
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}
