import type { LinkLog } from '@iot/app-kit';
import colors from 'picocolors';

/** An LED, or a replacement for one. */
export interface Led {
  show(on: boolean): void;
}

/** Prints a line for each change, instead of switching an LED. */
export function printedLed(log: LinkLog): Led {
  return {
    show: (on) => log.note(on ? `LED ${colors.green('●')} on` : `LED ${colors.dim('○')} off`),
  };
}
