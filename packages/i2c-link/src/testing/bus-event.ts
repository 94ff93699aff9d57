/** The types of the in-memory bus: its wires and units, and the events that an observer gets. */
import type { Level } from '../channel/ports.js';

export type Wire = 'syn' | 'ack' | 'reset';
export type Unit = 'initiator' | 'responder';

/** A transfer as the master sees it: `read` moves bytes from initiator to responder, `write` from responder to initiator. */
export type TransferKind = 'read' | 'write';

/** An event of the bus. An observer gets it at the moment when it happens. */
export type BusEvent =
  | { readonly type: 'edge'; readonly wire: Wire; readonly level: Level; readonly at: number }
  /** The master has begun a transfer. */
  | { readonly type: 'began'; readonly kind: TransferKind; readonly at: number }
  /** A transfer has ended, with all its bytes. */
  | {
      readonly type: 'transfer';
      readonly kind: TransferKind;
      readonly bytes: Uint8Array;
      readonly at: number;
    }
  /** A transfer has failed. */
  | { readonly type: 'fault'; readonly kind: TransferKind; readonly at: number };

/** One run of a unit, from its boot to a crash. After the crash its ports drive nothing, report nothing and never settle. */
export interface Run {
  alive: boolean;
}
