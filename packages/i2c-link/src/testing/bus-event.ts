import type { Level } from '../channel/ports.js';

export type Wire = 'syn' | 'ack' | 'reset';
export type Unit = 'initiator' | 'responder';

/** As the master sees it: a read moves bytes from the initiator to the responder, a write the other way. */
export type TransferKind = 'read' | 'write';

/** What an observer of the bus is told, at the moment it happens. */
export type BusEvent =
  | { readonly type: 'edge'; readonly wire: Wire; readonly level: Level; readonly at: number }
  /** The master has begun a transfer. */
  | { readonly type: 'began'; readonly kind: TransferKind; readonly at: number }
  /** It ended whole, with these bytes. */
  | {
      readonly type: 'transfer';
      readonly kind: TransferKind;
      readonly bytes: Uint8Array;
      readonly at: number;
    }
  /** It failed. */
  | { readonly type: 'fault'; readonly kind: TransferKind; readonly at: number };

/** One run of a unit, from a boot to a crash. A dead one drives nothing, hears nothing and ends no transfer. */
export interface Run {
  alive: boolean;
}
