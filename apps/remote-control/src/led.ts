import type { LinkLog } from '@iot/app-kit';
import colors from 'picocolors';

/** An LED, or what replaces one. */
export interface Led {
  show(on: boolean): void;
}

/** An LED of one line for each change. */
export function printedLed(log: LinkLog): Led {
  return {
    show: (on) => log.note(on ? `LED ${colors.green('●')} on` : `LED ${colors.dim('○')} off`),
  };
}
