import type { Ledger } from './ledger.js';
import type { Chunk, Flow, Link, World } from './world.js';

export type Side = 'client' | 'server';

/** One thing that can happen. `link` is a place in the world's list of links. */
export type Action =
  | { readonly type: 'write' | 'read' | 'restart' | 'tick'; readonly side: Side }
  /** The append of this end is answered. */
  | { readonly type: 'append'; readonly side: Side }
  /** The process of a stored end dies, and the next one starts; its append, if there is one, has happened or not. */
  | { readonly type: 'die'; readonly side: Side; readonly appended: boolean }
  | { readonly type: 'give-up'; readonly side: Side; readonly line: number }
  | { readonly type: 'connect' }
  /** Another process has the id of the client; and then the client comes back. */
  | { readonly type: 'visit' | 'return' }
  /** The state of the client is kept; and then it is as it was, and what it had sent since and had not arrived is lost. */
  | { readonly type: 'back-up' | 'restore' }
  /** `first-line`: up to the first newline only. */
  | {
      readonly type: 'deliver';
      readonly link: number;
      readonly to: Side;
      readonly part: 'whole' | 'first-line';
    }
  /** This end sees the link end; what was on its way to it is lost. */
  | { readonly type: 'fin'; readonly link: number; readonly to: Side }
  /** What is on its way to this end, and all that is sent to it later, is lost; neither end is told. */
  | { readonly type: 'lose'; readonly link: number; readonly to: Side }
  /** The next chunk on its way to this end is lost, and nothing else. */
  | { readonly type: 'vanish'; readonly link: number; readonly to: Side };

export const SIDES: readonly Side[] = ['client', 'server'];

export function otherSide(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

/** What is on its way to an end. */
export function flowTo(link: Link, to: Side): Flow {
  return to === 'server' ? link.up : link.down;
}

/** Whether this end still has its socket of the link. */
export function isAt(link: Link, side: Side): boolean {
  return side === 'client' ? link.client : link.server !== 'gone';
}

/** Whether this end's session has this link. */
export function isOpenAt(link: Link, side: Side): boolean {
  return side === 'client' ? link.client : link.server === 'open';
}

export function leave(link: Link, side: Side): void {
  if (side === 'client') link.client = false;
  else link.server = 'gone';
  flowTo(link, side).chunks = [];
}

/** What `side` writes. */
export function ledgerFrom(world: World, side: Side): Ledger {
  return side === 'client' ? world.linesUp : world.linesDown;
}

/** What is on its way to an end that still reads it. */
export function chunksTo(link: Link, to: Side): readonly Chunk[] {
  return isAt(link, to) ? flowTo(link, to).chunks : [];
}
