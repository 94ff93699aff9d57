import { openingLine, type Opening } from '@iot/framing';
import type { SessionLog, SessionOptions } from '../../src/index.js';
import { Bench } from '../bench.js';

/** What the peer says first, unless a test says otherwise: another run than any before, with space for all. */
const PEER: Opening = {
  epoch: 'b1',
  base: 0,
  known: undefined,
  taken: 0,
  received: 0,
  window: 100_000,
  lineCost: 0,
  longest: 1000,
  unacked: 0,
};

/** The opening line of the peer. */
export function opening(fields: Partial<Opening> = {}): string {
  return openingLine({ ...PEER, ...fields });
}

/** A session that can speak version 2; its epochs are a1, a2 and so on. */
export class BenchV2 extends Bench {
  readonly #role: 'client' | 'server';

  constructor(options: Partial<SessionOptions> = {}, log?: SessionLog) {
    let epochs = 0;
    super(
      {
        role: 'server',
        drawEpoch: () => `a${++epochs}`,
        ...(options.role === 'client' && { id: 'board' }),
        ...options,
      },
      log,
    );
    this.#role = options.role ?? 'server';
  }

  /** A session whose link speaks version 2: both opening lines are said. */
  static met(
    role: 'client' | 'server',
    options: Partial<SessionOptions> = {},
    fields: Partial<Opening> = {},
  ): BenchV2 {
    const bench = new BenchV2({ role, ...options });
    bench.meet(fields);
    return bench;
  }

  /** Begins a link of version 2; what this end says up to there, without its hello. */
  meet(fields: Partial<Opening> = {}): string {
    this.open();
    let said = '';
    if (this.#role === 'client') this.wire();
    else {
      this.receive('-2\n');
      said = this.wire();
    }
    this.receive(opening(fields));
    return said + this.wire();
  }

  /** Loses the link and begins the next. */
  meetAgain(fields: Partial<Opening> = {}): string {
    this.cut();
    return this.meet(fields);
  }

  cut(): void {
    this.session.linkClosed(this.now, 'reset');
  }

  /** The link's reasons to end, so far. */
  get ends(): string[] {
    return this.story.filter((event) => event.startsWith('down'));
  }

  /** Codes of the errors reported, so far. */
  get errors(): string[] {
    return this.events.flatMap((event) => (event.type === 'peer-error' ? [event.error.code] : []));
  }
}

export const ROLES = ['client', 'server'] as const;
