/** The events that the traffic of one end reports, and a log that prints them. */
import { PrintingLog, type LinkLog, type PrintingLogOptions } from '@iot/app-kit';
import colors from 'picocolors';
import type { Data, Message } from './message.js';

export interface Log extends LinkLog {
  /** Called before the write of a line. */
  wrote(id: number, data: Data): void;
  /** Called when the write has resolved: the line is acked. */
  resolved(id: number): void;
  /** @param redelivered as in a message of the link */
  read(message: Message, redelivered: boolean): void;
}

/** Prints one line for each event except `resolved`. */
export class TestLog extends PrintingLog implements Log {
  constructor(options: PrintingLogOptions) {
    super('message of the test', options);
  }

  wrote(_id: number, data: Data): void {
    this.note(`sent ${JSON.stringify(data)}`);
  }

  resolved(_id: number): void {
    // Not printed, because `wrote` has printed the line.
  }

  read({ data }: Message, _redelivered: boolean): void {
    this.note(`${colors.bold('got')}  ${JSON.stringify(data)}`);
  }
}
