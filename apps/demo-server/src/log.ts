/** What an app of the demo reports, and how it is printed. */
import { PrintingLog, type LinkLog, type PrintingLogOptions } from '@iot/app-kit';
import colors from 'picocolors';
import type { Data } from './message.js';

export interface Log extends LinkLog {
  /** A line is to be sent: called before its write, which in an outage waits. */
  writing(data: Data): void;
  /** Its write has resolved: it has come. */
  sent(data: Data): void;
  got(data: Data): void;
}

/** Prints one line for everything that happens. */
export class DemoLog extends PrintingLog implements Log {
  constructor(options: PrintingLogOptions) {
    super('list of numbers', options);
  }

  writing(): void {
    // What waits in an outage may never go out: the line that was sent says enough.
  }

  sent(data: Data): void {
    this.note(`sent ${JSON.stringify(data)}`);
  }

  got(data: Data): void {
    this.note(`${colors.bold('got')}  ${JSON.stringify(data)}`);
  }
}
