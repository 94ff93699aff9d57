import { Session, type SessionOptions } from '@iot/qos';
import { Connection, Pump, type ConnectionOptions } from '../src/index.js';
import { settle, VirtualClock } from './virtual-clock.js';
import { Wire } from './wire.js';

type Options = Partial<SessionOptions> & Partial<ConnectionOptions>;

/** A connection under glass, at a server's end unless told otherwise: its other end, its time and its story. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly pump: Pump;
  readonly connection: Connection;
  /** Every event, in order. */
  readonly story: string[] = [];
  wire = new Wire();

  constructor(options: Options = {}) {
    this.pump = new Pump(new Session({ role: 'server', timeout: 1000, ...options }), this.clock);
    this.connection = new Connection(this.pump, { id: 'board', maxUnsentLines: 1024, ...options });
    this.connection.on('state', (up) => this.story.push(up ? 'up' : 'down'));
    this.connection.on('close', (error) =>
      this.story.push(error === undefined ? 'close' : `close: ${(error as Error).message}`),
    );
    this.connection.on('peerError', ({ code }) => this.story.push(code));
  }

  /** One whose link is up and may speak; the first message, which goes alone, is acked. */
  static async up(options: Options = {}): Promise<Bench> {
    const bench = new Bench(options);
    bench.link();
    const zero = bench.connection.write('zero');
    await settle();
    bench.wire.says('00\n');
    await zero;
    bench.wire.writes.length = 0;
    bench.story.length = 0;
    return bench;
  }

  /** A new link, as far as both sides may speak. */
  link(): void {
    this.wire = new Wire();
    this.pump.attach(this.wire);
    this.wire.says('\n');
  }

  /** The other end writes lines, with the ids from `first` on. */
  lines(first: number, ...texts: string[]): void {
    for (const [i, text] of texts.entries())
      this.wire.says(`${(first + i).toString(16).padStart(2, '0')}${text}\n`);
  }

  /** What goes out in this turn, keepalives left out. */
  async sent(): Promise<string> {
    await settle();
    return this.wire.takes();
  }
}

/** The state of a promise now: its value, its error's code or message, or `pending`. */
export async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  await settle();
  const known = promise.then(
    (value) => value ?? 'resolved',
    (error: unknown) => (error as { code?: string }).code ?? (error instanceof Error ? error.message : error),
  );
  return Promise.race([known, settle().then(() => 'pending')]);
}
