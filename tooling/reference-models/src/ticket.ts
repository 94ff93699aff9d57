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
  /** The message id, once it has one: an original gives it when the write's turn has come. */
  readonly id: number | undefined;
  /** The original's `write` has returned: acked or, without qos, handed to the socket. */
  readonly settled: boolean;
}

/** The same, as the model writes on it. */
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
