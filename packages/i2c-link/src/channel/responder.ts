/**
 * The responder: the unit that has the network, master on the I2C bus. It drives `ack` and reads `syn` (docs/I2C.md).
 *
 * Theory of operation: it synchronises, and then does nothing until a rising `syn` starts an exchange. It waits without
 * limit to synchronise and for an exchange; in one it gives the initiator 10 s for each step. The initiator gives up long
 * before that, and then resets this unit; but the pulse may have come while this process slept, or have no wire, and then
 * the initiator waits without limit for `ack` to go low.
 *
 * A payload that the bus has carried counts as taken: the initiator may have it, whatever becomes of the handshake. One
 * that was read counts as received only if `syn` is still high then: the initiator lowers it after `ack` has risen, or
 * when it has given up and will send that payload again.
 *
 * A transfer that fails is the end of this machine. The first of an exchange fails when the initiator has left: `syn`
 * is then high because it is not driven. The wire then stays as it is, as at the start: the initiator would take the edge that it waits
 * for as the end of a transfer that was good. It gives up, and only then lowers `syn`, at which the next machine begins.
 */
import { LinkError } from '@iot/framing';
import type { ChannelMachine } from './machine.js';
import type { Part, Role } from './role.js';

/** From the initiator's edge to the transfer: its slave has to be ready first. */
const PREPARE_MS = 0.02;
/**
 * `ack` stays low for so long before it rises to ask for the other half. This pulse is the one level of an exchange that
 * has no answer, and the original's board looks for it in a loop; the original responder is slow by itself.
 */
const TURN_MS = 0.1;
/** Longer than any initiator stays in an exchange: its transfers end after 5 s, its waits for a wire after 1 s. */
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

/** The table of a responder. */
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
