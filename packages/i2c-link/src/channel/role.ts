/** What the two units of a channel do, as tables that the machine steps through. */
import type { LinkError } from '@iot/framing';
import type { ChannelMachine } from './machine.js';
import type { Level } from './ports.js';

/** A transfer carries a size, or the payload that a size has announced. */
export type Part = 'size' | 'payload';

/** One state of a unit. */
export interface Row<State extends string = string> {
  /** What it waits for: a level of the remote wire, the end of the transfer asked for, or the end of `ms`. */
  readonly waits: Level | 'transfer' | 'time';
  /** For how long at most. Default: without limit. */
  readonly ms?: number;
  /** What the other unit has not done when `ms` are over. */
  readonly late?: string;
  /** The remote wire at this level says that the other unit is gone. */
  readonly gone?: Level;
  /** How it drives the own wire then. */
  readonly drives?: Level;
  /** The next state, or what it does then, which returns that: undefined when the machine has failed. */
  readonly then: State | ((machine: ChannelMachine) => State | undefined);
}

/** What one of the two units does. */
export interface Role<State extends string = string> {
  readonly states: Readonly<Record<State, Row<State>>>;
  readonly first: State;
  /** Between two exchanges: leaving breaks nothing off. */
  readonly atRest: readonly State[];
  /** Where the responder is held in reset. */
  readonly pulse?: State | undefined;
  /** Where a size that cannot be transferred says that the other unit has left. */
  readonly absent?: State;
  /** Its own wire at the start, and at a failure that is not a reset; undefined: as it is. */
  readonly idle: Level | undefined;
  /** The error when a state takes too long, and when the other unit is gone. */
  readonly overdue: (late: string) => LinkError;
  readonly gone?: LinkError;
}
