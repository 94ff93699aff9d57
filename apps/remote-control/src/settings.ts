/** The settings of the programs: options, environment and defaults. */
import {
  anyPortOption,
  clientCommand,
  command,
  envFileOption,
  LONGEST_MS,
  numberOption,
  optionsOf,
  portOption,
  serverCommand,
  timeoutOption,
  type ClientSettings,
  type ServerSettings,
} from '@iot/app-kit';
import { parseGpioLine, type GpioLine } from '@iot/i2c-link/linux';
import { InvalidArgumentError, Option } from 'commander';

interface Quiet {
  readonly quiet?: boolean;
}

interface Every {
  /** Press the button automatically at this interval, in ms. */
  readonly every?: number;
}

export const SERVER = optionsOf<ServerSettings & Quiet & { readonly anyPort?: boolean }>(() =>
  serverCommand('server', 'The server of the remote control, for the clients tx and rx.')
    .addOption(anyPortOption())
    .option('--quiet', 'print problems only'),
);

export const TX = optionsOf<ClientSettings & Quiet & Every & { readonly gpioButton?: GpioLine }>(() =>
  clientCommand('tx', 'The client with the button.')
    .addOption(
      new Option('--gpio-button <chip:line>', 'a real button, between this GPIO line and ground')
        .argParser(pin)
        .conflicts('every'),
    )
    .addOption(every())
    .option('--quiet', 'print problems only'),
);

export const RX = optionsOf<ClientSettings & Quiet & { readonly gpioLed?: GpioLine }>(() =>
  clientCommand('rx', 'The client with the LED.')
    .addOption(
      new Option('--gpio-led <chip:line>', 'a real LED, between this GPIO line and ground').argParser(pin),
    )
    .option('--quiet', 'print problems only'),
);

export const REMOTE = optionsOf<Every & { readonly port: number; readonly timeout: number }>(() =>
  command('remote', 'The server, tx and rx in one terminal.')
    .addOption(portOption('port of the server, if it is free', 0))
    .addOption(timeoutOption())
    .addOption(every())
    .addOption(envFileOption()),
);

export const LATENCY = optionsOf<{ readonly presses: number }>(() =>
  command(
    'latency',
    'Measures the time from press to LED, and compares it with two hops of raw lines.',
  ).addOption(
    numberOption('--presses <number>', 'number of presses that are measured', 1, 1_000_000).default(2000),
  ),
);

function every(): Option {
  return numberOption('--every <ms>', 'press the button automatically at this interval', 1, LONGEST_MS);
}

function pin(text: string): GpioLine {
  const pin = parseGpioLine(text);
  if (pin === undefined) {
    throw new InvalidArgumentError('It must be a chip and a line, like gpiochip0:17.');
  }
  return pin;
}
