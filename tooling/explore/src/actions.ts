import type { Ledger } from './ledger.js';
import type { Chunk, Flow, Link, World } from './world.js';

export type Side = 'client' | 'server';

/** One possible event. `link` is an index in the world's list of links. */
export type Action =
  | { readonly type: 'write' | 'read' | 'restart' | 'tick'; readonly side: Side }
  /** The pending append of this end completes. */
  | { readonly type: 'append'; readonly side: Side }
  /**
   * The process of a stored end dies and the next one starts. `appended`: whether its pending append has
   * happened.
   */
  | { readonly type: 'die'; readonly side: Side; readonly appended: boolean }
  | { readonly type: 'give-up'; readonly side: Side; readonly line: number }
  | { readonly type: 'connect' }
  /** `visit`: another process takes the id of the client. `return`: the client comes back. */
  | { readonly type: 'visit' | 'return' }
  /**
   * `back-up`: saves the state of the client. `restore`: puts the client back to this state; bytes that it
   * has sent since then and that have not arrived are lost.
   */
  | { readonly type: 'back-up' | 'restore' }
  /** `first-line`: only the bytes up to the first newline. */
  | {
      readonly type: 'deliver';
      readonly link: number;
      readonly to: Side;
      readonly part: 'whole' | 'first-line';
    }
  /** This end sees the link end. The bytes on their way to it are lost. */
  | { readonly type: 'fin'; readonly link: number; readonly to: Side }
  /** The bytes on their way to this end, and all later bytes, are lost. Neither end is notified. */
  | { readonly type: 'lose'; readonly link: number; readonly to: Side }
  /** Only the next chunk on its way to this end is lost. */
  | { readonly type: 'vanish'; readonly link: number; readonly to: Side };

export const SIDES: readonly Side[] = ['client', 'server'];

export function otherSide(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

/** The flow of bytes to an end. */
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

/** The ledger of the lines that `side` writes. */
export function ledgerFrom(world: World, side: Side): Ledger {
  return side === 'client' ? world.linesUp : world.linesDown;
}

/** The chunks on their way to an end that still reads from the link. */
export function chunksTo(link: Link, to: Side): readonly Chunk[] {
  return isAt(link, to) ? flowTo(link, to).chunks : [];
}
