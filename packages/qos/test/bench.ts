import {
  Session,
  type SessionEvent,
  type SessionLog,
  type SessionOptions,
  type Shared,
} from '../src/index.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A session under glass: text in, text out, and a time that moves when told. */
export class Bench {
  readonly session: Session;
  readonly events: SessionEvent[] = [];
  readonly settled: number[] = [];
  now = 0;

  constructor(options: Partial<SessionOptions & Shared> = {}, log?: SessionLog) {
    this.session = new Session({ role: 'server', timeout: 1000, ...options }, log);
  }

  /** A client's session that is up: the hello is out, and a server has answered. */
  static client(options: Partial<SessionOptions & Shared> = {}): Bench {
    const bench = new Bench({ role: 'client', id: 'board', ...options });
    bench.open();
    bench.receive('\n');
    bench.wire();
    return bench;
  }

  /** A server's session that may speak: the client's first frame has come. */
  static server(options: Partial<SessionOptions & Shared> = {}): Bench {
    const bench = new Bench(options);
    bench.open();
    bench.receive('\n');
    bench.wire();
    return bench;
  }

  open(): void {
    this.session.open(this.now);
  }

  /** Ends the link, and begins the next one as far as both sides may speak. */
  reconnect(): void {
    this.session.linkClosed(this.now, 'reset');
    this.open();
    this.receive('\n');
  }

  receive(text: string): void {
    this.session.receive(encoder.encode(text), this.now);
    this.#take();
  }

  write(text: string, flags = {}): number {
    return this.session.write(text, flags);
  }

  /** The single writes that go out now. */
  writes(): string[] {
    const writes: string[] = [];
    for (;;) {
      const bytes = this.session.takeOutput(this.now);
      this.#take();
      if (bytes === undefined) return writes;
      writes.push(decoder.decode(bytes));
    }
  }

  /** All that goes out now, without keepalives. */
  wire(): string {
    return this.writes()
      .join('')
      .replace(/^\n|(?<=\n)\n/g, '');
  }

  /** Lets time pass, with a keepalive from the peer every quarter of the timeout unless told otherwise. */
  pass(ms: number, { silent = false } = {}): string {
    const end = this.now + ms;
    let wire = '';
    const step = this.session.settings.timeout / 4;
    while (this.now < end) {
      this.now = Math.min(end, this.now + step);
      if (!silent) this.receive('\n');
      this.tick();
      wire += this.wire();
    }
    return wire;
  }

  /** The deadlines that are due now, with the further turn that comes before a link ends by silence. */
  tick(): void {
    if (this.session.nextDeadline() <= this.now) this.session.tick(this.now);
    if (this.session.nextDeadline() <= this.now) this.session.tick(this.now);
    this.#take();
  }

  /** All lines that can be read. */
  lines(): string[] {
    const lines: string[] = [];
    for (let line = this.session.read(); line !== undefined; line = this.session.read()) lines.push(line);
    return lines;
  }

  /** Types of the events so far, keepalives and versions left out. */
  get story(): string[] {
    return this.events.flatMap((event) => {
      if (event.type === 'protocol') return [];
      return event.type === 'down' ? `down: ${event.reason}` : event.type;
    });
  }

  #take(): void {
    for (const event of this.session.takeEvents()) {
      if (event.type === 'settled') this.settled.push(event.ticket);
      else if (event.type !== 'keepalive') this.events.push(event);
    }
  }
}

/** An id as it is on the wire. */
export function hex(id: number): string {
  return id.toString(16).padStart(2, '0');
}
