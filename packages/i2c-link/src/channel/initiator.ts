/**
 * The initiator: the board that runs the application, slave on the I2C bus. It drives `syn` and the responder's reset
 * line and reads `ack` (docs/I2C.md).
 *
 * Theory of operation: it resets the responder, synchronises, and starts an exchange of its own accord, again and
 * again. Each of the four transfers, size and payload one way and then the other, goes through three states. Too late,
 * or an `ack` that rises between two exchanges, is a failure, and the end of the machine.
 */
import { LinkError } from '@iot/framing';
import type { ChannelMachine } from './machine.js';
import type { Part, Role } from './role.js';

export interface InitiatorSettings {
  /** How long to reset the responder before synchronising; undefined without a reset line. */
  readonly resetPulseMs: number | undefined;
  /** From the end of one exchange to the start of the next. */
  readonly exchangeIntervalMs: number;
}

/** From synchronising to the first exchange: an original responder looks every 100 ms and then sets up its interrupt. */
const SETTLE_MS = 1000;
/** For the responder to answer on its wire. */
const WIRE_MS = 1000;
/** For the responder to begin a transfer and end it: what the original's board gives its own slave send and receive. */
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

/** The table of an initiator. */
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
