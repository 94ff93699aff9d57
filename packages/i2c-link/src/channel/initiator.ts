/**
 * The table of states of the initiator: the board, which runs the application and is the slave on the I2C bus. It drives
 * the wire `syn` and the responder's reset line, and reads the wire `ack` (docs/I2C.md).
 *
 * Theory of operation: the initiator resets the responder, synchronises with it, and then starts one exchange after
 * another at a fixed interval. An exchange has up to four transfers: the initiator's size and payload, then the
 * responder's size and payload. Each transfer goes through three states: `sending`, `sent` and `acknowledged`, or
 * `listening`, `receiving` and `received`.
 *
 * The machine fails, and so ends, when a state lasts too long, or when `ack` rises between two exchanges.
 */
import { LinkError } from '@iot/framing';
import type { ChannelMachine } from './machine.js';
import type { Part, Role } from './role.js';

export interface InitiatorSettings {
  /** Length of the reset pulse before the synchronisation; undefined without a reset line. */
  readonly resetPulseMs: number | undefined;
  /** From the end of one exchange to the start of the next. */
  readonly exchangeIntervalMs: number;
}

/**
 * From the synchronisation to the first exchange. The MicroPython responder reads the wire every 100 ms, and then needs
 * time to set up its interrupt.
 */
const SETTLE_MS = 1000;
/** How long the responder may take to change its wire. */
const WIRE_MS = 1000;
/** How long a transfer may take, from its preparation to its end. The MicroPython board uses the same time. */
const TRANSFER_MS = 5000;

type State =
  | 'resetting'
  | 'synchronising'
  | 'settling'
  | 'resting'
  | 'sending'
  | 'sent'
  | 'acknowledged'
  | 'listening'
  | 'receiving'
  | 'received';

/** The table of states of an initiator. */
export function initiator({ resetPulseMs, exchangeIntervalMs }: InitiatorSettings): Role<State> {
  const gone = lost('the responder has left or restarted: ack is high between two exchanges');
  return {
    first: 'resetting',
    pulse: resetPulseMs === undefined ? undefined : 'resetting',
    atRest: ['settling', 'resting'],
    idle: 1,
    gone,
    overdue: (late) => lost(`the responder ${late} in time: it hangs or is gone, and must be reset`),
    states: {
      resetting: { waits: 'time', ms: resetPulseMs ?? 0, drives: 0, then: 'synchronising' },
      synchronising: { waits: 0, then: (machine) => machine.synchronised('settling') },
      settling: {
        waits: 'time',
        ms: SETTLE_MS,
        then: (machine) => (machine.remote === 1 ? machine.fail('left', gone) : send(machine, 'size')),
      },
      resting: { waits: 'time', ms: exchangeIntervalMs, gone: 1, then: (machine) => send(machine, 'size') },
      sending: { waits: 'transfer', ms: TRANSFER_MS, late: 'did not read', then: 'sent' },
      sent: {
        waits: 1,
        ms: WIRE_MS,
        late: 'did not raise ack',
        drives: 0,
        then: (machine) => machine.sent('acknowledged'),
      },
      acknowledged: {
        waits: 0,
        ms: WIRE_MS,
        late: 'did not lower ack',
        then: (machine) => (machine.payloadGoes ? send(machine, 'payload') : listen(machine, 'size')),
      },
      listening: {
        waits: 1,
        ms: WIRE_MS,
        late: 'did not raise ack to send',
        drives: 1,
        then: (machine) => machine.receive('receiving'),
      },
      receiving: { waits: 'transfer', ms: TRANSFER_MS, late: 'did not write', then: 'received' },
      received: {
        waits: 0,
        ms: WIRE_MS,
        late: 'did not lower ack',
        drives: 0,
        then: (machine) => {
          if (!machine.acceptable()) return undefined;
          return machine.received() ? listen(machine, 'payload') : 'resting';
        },
      },
    },
  };
}

function send(machine: ChannelMachine, part: Part): State {
  machine.part = part;
  machine.own(1);
  return machine.send('sending');
}

function listen(machine: ChannelMachine, part: Part): State {
  machine.part = part;
  return 'listening';
}

function lost(message: string): LinkError {
  return new LinkError('ERR_LINK_LOST', message);
}
