/** The events that an app of the demo reports, and a log that prints them. */
import { PrintingLog, type LinkLog, type PrintingLogOptions } from '@iot/app-kit';
import colors from 'picocolors';
import type { Data } from './message.js';

export interface Log extends LinkLog {
  /** Called before the write of a line. During an outage the write waits. */
  writing(data: Data): void;
  /** Called when the write has resolved: the other end has the line. */
  sent(data: Data): void;
  got(data: Data): void;
}

/** Prints one line for each event. */
export class DemoLog extends PrintingLog implements Log {
  constructor(options: PrintingLogOptions) {
    super('list of numbers', options);
  }

  writing(): void {
    // Not printed: a line that waits in an outage may never be sent. `sent` prints the line.
  }

  sent(data: Data): void {
    this.note(`sent ${JSON.stringify(data)}`);
  }

  got(data: Data): void {
    this.note(`${colors.bold('got')}  ${JSON.stringify(data)}`);
  }
}
