/** GPIO lines as the `Pin`s of a channel, by the package `node-libgpiod`. */
import { LinkError, UsageError } from '@iot/framing';
import type { Level, Pin } from '../channel/ports.js';
import type { LineWatch } from './line-watch.js';
import { firstLine, type GpiodLine, type GpiodPackage } from './native.js';

/** A line of a GPIO chip. `gpiodetect` lists the chips, `gpioinfo` their lines. */
export interface GpioLine {
  /** Name of the chip, such as `gpiochip0`, or its path. */
  readonly chip: string;
  /** Number or name of the line. */
  readonly line: number | string;
}

/** Parses `<chip>:<line>`. Returns undefined for any other text. */
export function parseGpioLine(text: string): GpioLine | undefined {
  const match = /^([^:]+):(.+)$/.exec(text);
  if (match === null) return undefined;
  const [, chip, line] = match;
  if (!/^\d+$/.test(line!)) return { chip: chip!, line: line! };
  return Number(line) < 2 ** 32 ? { chip: chip!, line: Number(line) } : undefined; // the kernel numbers in 32 bits
}

/** A pin whose line can be released. */
export interface LinuxPin extends Pin {
  close(): void;
}

/** The name that `gpioinfo` shows for the user of the line. */
const CONSUMER = 'iot-i2c-link';

/**
 * Opens a line that the other unit drives, with a pull-up here.
 *
 * @throws LinkError `ERR_CONNECT` when the line cannot be opened
 */
export function openInput(gpiod: GpiodPackage, name: GpioLine, watch: LineWatch): LinuxPin {
  const { BIAS_PULL_UP } = gpiod.Line.RequestFlags;
  const opened = open(gpiod, name, (line) => line.requestInputModeFlags(CONSUMER, BIAS_PULL_UP));
  const read = (): Level => (opened.line.getValue() === 0 ? 0 : 1);
  return {
    read,
    write: () => {
      throw new UsageError('ERR_BAD_OPTION', `${describe(name)} cannot be written: the other unit drives it`);
    },
    onEdge: (listener) => watch.add(read, listener),
    close: () => opened.line.release(),
  };
}

/**
 * Opens the line that this unit drives. The line is high after opening, and `close` sets it high again.
 *
 * @throws LinkError `ERR_CONNECT` when the line cannot be opened
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
    // Only this unit drives the line, so there are no edges to report.
    onEdge: () => () => undefined,
    close: () => {
      try {
        opened.line.setValue(1);
      } catch {
        // The line does not exist any more, for example because an adapter was unplugged. Then nothing is driven.
      }
      opened.line.release();
    },
  };
}

/** The chip is kept here with its line, because the package closes a chip that is garbage-collected. */
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
