/**
 * The responder's machine: the unit that has the network, master on the I2C bus. It drives `ack` and reads `syn`
 * (I2C.md).
 *
 * Theory of operation: it synchronises, and then does nothing until a rising `syn` starts an exchange. A row below is a
 * state: what it waits for, and what it does then. It waits without limit to synchronise and for an exchange; in one it
 * gives the initiator 10 s for each step. The initiator gives up long before that, and then resets this unit; but the
 * pulse may have come while this process slept, or have no wire, and the initiator waits for `ack` to go low ever after.
 *
 *   state          waits for               then
 *   synchronising  syn low                 ack low; `synchronised`    -> resting
 *   resting        syn high                                           -> preparing
 *   preparing      20 µs                                              -> reading or writing
 *   reading        its read                ack high                   -> read
 *   read           syn low                 ack low; payload: `data`   -> expecting (payload follows) or turning
 *   expecting      syn high                                           -> preparing
 *   turning        100 µs                  ack high                   -> asking
 *   asking         syn high                                           -> preparing
 *   writing        its write               ack low; payload: `taken`  -> written
 *   written        syn low                 payload follows: ack high  -> asking, else -> resting
 *
 * A payload that the bus has carried counts as taken: the initiator may have it, whatever becomes of the handshake. One
 * that was read counts as received only if `syn` is still high then: the initiator lowers it after `ack` has risen, or
 * when it has given up and will send that payload again.
 *
 * A transfer that fails is the end of this machine. The first of an exchange fails when the initiator has left: `syn`
 * is then high because nobody drives it. The wire then stays as it is: the initiator would take the edge that it waits
 * for as the end of a transfer that was good. It gives up, and only then lowers `syn`, at which the next machine begins.
 */
import { LinkError } from '@iot/framing';
import { ChannelMachine, type FailureReason, type Part } from './machine.js';

/** From the initiator's edge to the transfer: its slave has to be ready first. */
const PREPARE_MS = 0.02;
/**
 * `ack` stays low for so long before it rises to ask for the other half. This pulse is the one level of an exchange that
 * nobody answers, and the original's board looks for it in a loop; the original responder is slow by itself.
 */
const TURN_MS = 0.1;
/** Longer than any initiator stays in an exchange: its transfers end after 5 s, its waits for a wire after 1 s. */
export const GIVEN_UP_MS = 10_000;

type State =
  | 'synchronising'
  | 'resting'
  | 'preparing'
  | 'reading'
  | 'read'
  | 'expecting'
  | 'turning'
  | 'asking'
  | 'writing'
  | 'written';

export class Responder extends ChannelMachine {
  #state: State = 'synchronising';
  /** Which half of the exchange it is in. */
  #half: 'reading' | 'writing' = 'reading';

  /** The wire stays as it is: high after a start or a reset, and otherwise as the last machine failed. */
  start(_now: number): void {
    this.#state = 'synchronising';
  }

  get atRest(): boolean {
    return this.#state === 'resting';
  }

  protected step(now: number): boolean {
    switch (this.#state) {
      case 'synchronising':
        if (this.remote === 1) return false;
        this.act({ type: 'own', level: 0 });
        this.emit({ type: 'synchronised' });
        return this.#enter('resting');
      case 'resting':
        if (this.remote === 0) return false;
        this.#half = 'reading';
        this.part = 'size';
        return this.#enter('preparing', now + PREPARE_MS);
      case 'preparing':
        return this.due(now) && this.#transfer();
      case 'reading':
        if (!this.transferred || !this.acceptable()) return false;
        if (this.remote === 0) return this.#givenUp('it lowered syn before ack had risen');
        this.act({ type: 'own', level: 1 });
        return this.#enter('read', now + GIVEN_UP_MS);
      case 'read':
        if (this.remote === 1) return this.#overdue(now, 'did not lower syn');
        this.act({ type: 'own', level: 0 });
        return this.received() ? this.#expect(now) : this.#enter('turning', now + TURN_MS);
      case 'expecting':
        if (this.remote === 0) return this.#overdue(now, 'did not raise syn');
        return this.#enter('preparing', now + PREPARE_MS);
      case 'turning':
        return this.due(now) && this.#ask('size', now);
      case 'asking':
        if (this.remote === 0) return this.#overdue(now, 'did not raise syn to receive');
        return this.#enter('preparing', now + PREPARE_MS);
      case 'writing':
        if (!this.transferred) return false;
        this.act({ type: 'own', level: 0 });
        this.sent();
        return this.#enter('written', now + GIVEN_UP_MS);
      case 'written':
        if (this.remote === 1) return this.#overdue(now, 'did not lower syn');
        return this.payloadGoes ? this.#ask('payload', now) : this.#enter('resting');
    }
  }

  protected releaseWire(reason: FailureReason): void {
    if (reason === 'reset') this.act({ type: 'own', level: 1 });
  }

  protected reasonOfFailedTransfer(): FailureReason {
    return this.#state === 'reading' && this.part === 'size' ? 'left' : 'bus';
  }

  #transfer(): boolean {
    if (this.#half === 'reading') this.receive();
    else this.send();
    return this.#enter(this.#half);
  }

  #expect(now: number): boolean {
    this.part = 'payload';
    return this.#enter('expecting', now + GIVEN_UP_MS);
  }

  #ask(part: Part, now: number): boolean {
    this.#half = 'writing';
    this.part = part;
    this.act({ type: 'own', level: 1 });
    return this.#enter('asking', now + GIVEN_UP_MS);
  }

  #overdue(now: number, what: string): boolean {
    return this.due(now) && this.#givenUp(`it ${what} in time`);
  }

  #givenUp(why: string): false {
    const message = `the initiator has given up the exchange: ${why}`;
    this.fail('timeout', new LinkError('ERR_LINK_LOST', message));
    return false;
  }

  #enter(state: State, deadline = Infinity): boolean {
    this.#state = state;
    this.deadline = deadline;
    return true;
  }
}
