/**
 * The table of states of the responder: the unit that has the network and is the master on the I2C bus. It drives the
 * wire `ack` and reads the wire `syn` (docs/I2C.md).
 *
 * Theory of operation: the responder synchronises and then waits until a rising `syn` starts an exchange. Both waits have
 * no limit. Within an exchange it waits at most 10 s for each step of the initiator. The initiator gives up earlier, and
 * then resets the responder. The responder needs its own limit for two cases: it has missed the reset pulse because its
 * process was descheduled, or there is no reset wire. Then the initiator waits without limit for `ack` to go low.
 *
 * A payload that the responder has sent counts as received by the initiator as soon as its transfer has ended, even if
 * the handshake after it fails. A payload that the responder has read counts as received only if `syn` is still high
 * after the transfer. If `syn` is low, the initiator has given up this exchange and will send the payload again: in a
 * good exchange it lowers `syn` only after `ack` has risen.
 *
 * A transfer that fails ends this machine. The first transfer of an exchange fails when the initiator has left: nothing
 * drives `syn`, and its pull-up makes it high. After a failed transfer the responder does not change `ack`, because the
 * initiator waits for this edge and would take it for the end of a good transfer. So the initiator runs into its
 * time-out and then lowers `syn`. The next machine synchronises when it sees that level.
 */
import { LinkError } from '@iot/framing';
import type { ChannelMachine } from './machine.js';
import type { Part, Role } from './role.js';

/** From the initiator's edge to the transfer: the initiator needs this time to prepare its slave. */
const PREPARE_MS = 0.02;
/**
 * How long `ack` stays low between the two halves of an exchange (initiator to responder, then responder to initiator).
 * The initiator does not answer this level, so the responder has to keep it long enough to be seen: the MicroPython board
 * polls `ack` in a loop. The MicroPython responder does not need this wait because it is slow.
 */
const TURN_MS = 0.1;
/**
 * Limit for each step of the initiator within an exchange. It is longer than the initiator's own limits, which are 5 s for
 * a transfer and 1 s for a wire.
 */
export const GIVEN_UP_MS = 10_000;

type State =
  | 'synchronising'
  | 'resting'
  | 'beforeRead'
  | 'reading'
  | 'read'
  | 'expecting'
  | 'turning'
  | 'asking'
  | 'beforeWrite'
  | 'writing'
  | 'written';

/** The table of states of a responder. */
export function responder(): Role<State> {
  return {
    first: 'synchronising',
    atRest: ['resting'],
    idle: undefined,
    absent: 'reading',
    overdue: (late) => givenUp(`${late} in time`),
    states: {
      synchronising: { waits: 0, drives: 0, then: (machine) => machine.synchronised('resting') },
      resting: { waits: 1, then: (machine) => expect(machine, 'size', 'beforeRead') },
      beforeRead: { waits: 'time', ms: PREPARE_MS, then: (machine) => machine.receive('reading') },
      reading: {
        waits: 'transfer',
        then: (machine) => {
          if (!machine.acceptable()) return undefined;
          if (machine.remote === 0)
            return machine.fail('timeout', givenUp('lowered syn before ack had risen'));
          machine.own(1);
          return 'read';
        },
      },
      read: {
        waits: 0,
        ms: GIVEN_UP_MS,
        late: 'did not lower syn',
        drives: 0,
        then: (machine) => (machine.received() ? expect(machine, 'payload', 'expecting') : 'turning'),
      },
      expecting: { waits: 1, ms: GIVEN_UP_MS, late: 'did not raise syn', then: 'beforeRead' },
      turning: { waits: 'time', ms: TURN_MS, then: (machine) => ask(machine, 'size') },
      asking: { waits: 1, ms: GIVEN_UP_MS, late: 'did not raise syn to receive', then: 'beforeWrite' },
      beforeWrite: { waits: 'time', ms: PREPARE_MS, then: (machine) => machine.send('writing') },
      writing: { waits: 'transfer', drives: 0, then: (machine) => machine.sent('written') },
      written: {
        waits: 0,
        ms: GIVEN_UP_MS,
        late: 'did not lower syn',
        then: (machine) => (machine.payloadGoes ? ask(machine, 'payload') : 'resting'),
      },
    },
  };
}

function expect(machine: ChannelMachine, part: Part, state: State): State {
  machine.part = part;
  return state;
}

function ask(machine: ChannelMachine, part: Part): State {
  machine.own(1);
  return expect(machine, part, 'asking');
}

function givenUp(why: string): LinkError {
  return new LinkError('ERR_LINK_LOST', `the initiator has given up the exchange: it ${why}`);
}
