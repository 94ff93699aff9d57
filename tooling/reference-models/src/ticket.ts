/** The arguments of an original's `write`, with its defaults: both true. */
export interface WriteOptions {
  readonly qos?: boolean;
  readonly wait?: boolean;
}

/** One `write` of an application at an original end. */
export interface OriginalTicket {
  readonly line: string;
  readonly qos: boolean;
  readonly wait: boolean;
  /** The message id. An original assigns it when it begins to process the write; undefined before that. */
  readonly id: number | undefined;
  /**
   * True once the original's `write` has returned: the line is acked or, without qos, was passed to the
   * socket.
   */
  readonly settled: boolean;
}

/** The ticket as the model uses it, with writable fields. */
export class WriteTask implements OriginalTicket {
  readonly line: string;
  readonly qos: boolean;
  readonly wait: boolean;
  id: number | undefined;
  settled = false;

  constructor(line: string, { qos = true, wait = true }: WriteOptions) {
    this.line = line;
    this.qos = qos;
    this.wait = wait;
  }
}
