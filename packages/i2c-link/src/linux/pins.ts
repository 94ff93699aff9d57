import { LinkError, UsageError } from '@iot/framing';
import type { Level, Pin } from '../channel/ports.js';
import type { LineWatch } from './line-watch.js';
import { firstLine, type GpiodLine, type GpiodPackage } from './native.js';

/** A line of a GPIO chip, as `gpiodetect` and `gpioinfo` show them. */
export interface GpioLine {
  /** Such as `gpiochip0`, or a path. */
  readonly chip: string;
  /** Its number, or its name. */
  readonly line: number | string;
}

/** Reads `<chip>:<line>`; undefined when it is not that. */
export function parseGpioLine(text: string): GpioLine | undefined {
  const match = /^([^:]+):(.+)$/.exec(text);
  if (match === null) return undefined;
  const [, chip, line] = match;
  if (!/^\d+$/.test(line!)) return { chip: chip!, line: line! };
  return Number(line) < 2 ** 32 ? { chip: chip!, line: Number(line) } : undefined; // the kernel numbers in 32 bits
}

/** A pin that gives its line back. */
export interface LinuxPin extends Pin {
  close(): void;
}

/** Who uses the line, as `gpioinfo` shows it. */
const CONSUMER = 'iot-i2c-link';

/**
 * A wire that the other unit drives, pulled up here.
 *
 * @throws LinkError `ERR_CONNECT` when the line cannot be had
 */
export function openInput(gpiod: GpiodPackage, name: GpioLine, watch: LineWatch): LinuxPin {
  const { BIAS_PULL_UP } = gpiod.Line.RequestFlags;
  const opened = open(gpiod, name, (line) => line.requestInputModeFlags(CONSUMER, BIAS_PULL_UP));
  const read = (): Level => (opened.line.getValue() === 0 ? 0 : 1);
  return {
    read,
    write: () => {
      throw new UsageError('ERR_BAD_OPTION', `${describe(name)} is the other unit's to drive`);
    },
    onEdge: (listener) => watch.add(read, listener),
    close: () => opened.line.release(),
  };
}

/**
 * The wire that this unit drives: high from the start, and high again at the end.
 *
 * @throws LinkError `ERR_CONNECT` when the line cannot be had
 */
export function openOutput(gpiod: GpiodPackage, name: GpioLine, watch: LineWatch): LinuxPin {
  const opened = open(gpiod, name, (line) => line.requestOutputMode(CONSUMER, 1));
  let driven: Level = 1;
  const write = (level: Level): void => {
    opened.line.setValue(level);
    driven = level;
    watch.stir();
  };
  return {
    read: () => driven,
    write,
    // It has no other driver.
    onEdge: () => () => undefined,
    close: () => {
      try {
        opened.line.setValue(1);
      } catch {
        // A line that is gone, as with an adapter that was unplugged, drives nothing.
      }
      opened.line.release();
    },
  };
}

/** Both are kept, since the package closes a chip that is garbage. */
interface Opened {
  readonly chip: object;
  readonly line: GpiodLine;
}

function open(gpiod: GpiodPackage, name: GpioLine, request: (line: GpiodLine) => void): Opened {
  try {
    const chip = new gpiod.Chip(name.chip);
    const line = new gpiod.Line(chip, name.line);
    request(line);
    return { chip, line };
  } catch (error) {
    const hint = 'is it free, and may you use /dev/gpiochip*?';
    throw new LinkError('ERR_CONNECT', `cannot use ${describe(name)} (${firstLine(error)}): ${hint}`, {
      cause: error,
    });
  }
}

function describe({ chip, line }: GpioLine): string {
  return `GPIO line ${chip}:${line}`;
}
