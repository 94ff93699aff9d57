/** The types of a role: a table of states which `ChannelMachine` steps through. There is a table for each unit. */
import type { LinkError } from '@iot/framing';
import type { ChannelMachine } from './machine.js';
import type { Level } from './ports.js';

/** What a transfer carries: a size, or the payload that a size has announced. */
export type Part = 'size' | 'payload';

/** One state of a unit. */
export interface Row<State extends string = string> {
  /** What ends the state: this level of the remote wire, the end of the transfer, or the end of `ms`. */
  readonly waits: Level | 'transfer' | 'time';
  /** Duration of a state that waits for `time`, and the limit of any other state. Default: no limit. */
  readonly ms?: number;
  /** For the error at the end of `ms`: what the other unit has not done. Without it `ms` is not a limit. */
  readonly late?: string;
  /** At this level of the remote wire the machine fails: the other unit has left. */
  readonly gone?: Level;
  /** The level to which the unit drives its own wire when the state ends. */
  readonly drives?: Level;
  /** The next state, or a function that returns it. The function returns undefined when the machine has failed. */
  readonly then: State | ((machine: ChannelMachine) => State | undefined);
}

/** The table of states of one unit, with what differs between the two units otherwise. */
export interface Role<State extends string = string> {
  readonly states: Readonly<Record<State, Row<State>>>;
  readonly first: State;
  /** The states between two exchanges: a unit that stops there does not break off an exchange. */
  readonly atRest: readonly State[];
  /** The state in which the unit drives its reset line to the active level. */
  readonly pulse?: State | undefined;
  /** The state in which a failed transfer of a size means that the other unit has left. */
  readonly absent?: State;
  /** Level of the own wire at the start. Undefined: neither the start nor a failure, except a reset, changes the wire. */
  readonly idle: Level | undefined;
  /** Makes the error for a state that has lasted too long. */
  readonly overdue: (late: string) => LinkError;
  /** The error when the remote wire shows that the other unit has left. */
  readonly gone?: LinkError;
}
