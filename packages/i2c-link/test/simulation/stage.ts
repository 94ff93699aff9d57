import type { PeerError } from '@iot/framing';
import type { Random, Trace, VirtualClock } from '@iot/simulation';
import type { MemoryBus } from '../../src/testing/index.js';
import type { Application } from './application.js';
import type { Book } from './book.js';
import type { Habits, WorldOptions } from './draw.js';
import type { Network } from './network.js';
import type { Witness } from './witness.js';

/** What all parts of a world share. */
export interface Stage {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly trace: Trace;
  readonly options: WorldOptions;
  readonly habits: Habits;
  readonly bus: MemoryBus;
  readonly witness: Witness;
  readonly network: Network;
  /** Lines from the board to the server, and from the server to the board. */
  readonly up: Book;
  readonly down: Book;
  /** True once faults have ended and no new lines are written. */
  readonly healed: () => boolean;
  /** The promise was broken: the world ends at once. */
  readonly fail: (error: unknown) => void;
}

/** Errors that say that many links have ended in a row: in these worlds they do. */
const OF_OUTAGES: ReadonlySet<string> = new Set(['ERR_LINE_ENDS_LINKS', 'ERR_ROUND_TRIP']);

/** A listener for peer errors: whatever happens to the links, neither end may accuse the other of another one. */
export function noPeerError({ fail }: Stage): (error: PeerError) => void {
  return (error) => {
    if (!OF_OUTAGES.has(error.code)) fail(error);
  };
}

/** A unit on the bus, over all its runs: a process that can die at any step. */
interface UnitProcess {
  readonly alive: boolean;
  /** The next run begins. */
  start(): void;
  /** Does nothing when it is dead. */
  die(): void;
  /** The board has got this line of the server's, as the bus has shown. */
  given(text: string): void;
}

export interface BoardProcess extends UnitProcess {
  /** The link to the server is up, as the board knows. */
  readonly up: boolean;
  readonly application: Application;
  /** Resets its responder. */
  reboot(): void;
}

export interface ResponderProcess extends UnitProcess {
  /** In this run its link to the server has been up. */
  readonly everUp: boolean;
  /** It has taken this line of the board's, as the bus has shown. */
  taken(text: string): void;
  /** It has taken this line, and could not have it: the channel ended between the two edges. */
  dropped(text: string): void;
  /** For so long its transfers begin late. */
  slow(ms: number): void;
}
