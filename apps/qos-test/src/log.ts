/** What the traffic of one end reports, and how it is printed. */
import { PrintingLog, type LinkLog, type PrintingLogOptions } from '@iot/app-kit';
import colors from 'picocolors';
import type { Data, Message } from './message.js';

export interface Log extends LinkLog {
  /** A line is to be sent: called before its write. */
  wrote(id: number, data: Data): void;
  /** Its write has resolved: it is acked. */
  resolved(id: number): void;
  /** @param redelivered as in a message of the link */
  read(message: Message, redelivered: boolean): void;
}

/** Prints one line for everything that happens. */
export class TestLog extends PrintingLog implements Log {
  constructor(options: PrintingLogOptions) {
    super('message of the test', options);
  }

  wrote(_id: number, data: Data): void {
    this.note(`sent ${JSON.stringify(data)}`);
  }

  resolved(_id: number): void {
    // The line that was sent says enough.
  }

  read({ data }: Message, _redelivered: boolean): void {
    this.note(`${colors.bold('got')}  ${JSON.stringify(data)}`);
  }
}
