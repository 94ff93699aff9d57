/**
 * The responder's machine: the unit that has the network, master on the I2C bus. It drives `ack` and reads `syn`
 * (I2C.md).
 *
 * Theory of operation: it synchronises, and then does nothing until a rising `syn` starts an exchange. A row below is a
 * state: what it waits for, and what it does then. It waits without limit, since the initiator resets it.
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
 * A payload that the bus has carried counts as taken: the initiator may have it, whatever becomes of the handshake.
 *
 * A transfer that fails is the end of this machine. The first of an exchange fails when the initiator has left: `syn`
 * is then high because nobody drives it. The wire then stays as it is: the initiator would take the edge that it waits
 * for as the end of a transfer that was good. It gives up, and only then lowers `syn`, at which the next machine begins.
 */
import { ChannelMachine, type FailureReason, type Part } from './exchange.js';

/** From the initiator's edge to the transfer: its slave has to be ready first. */
const PREPARE_MS = 0.02;
/**
 * `ack` stays low for so long before it rises to ask for the other half. This pulse is the one level of an exchange that
 * nobody answers, and the original's board looks for it in a loop; the original responder is slow by itself.
 */
const TURN_MS = 0.1;

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
        if (!this.transferred) return false;
        this.act({ type: 'own', level: 1 });
        return this.#enter('read');
      case 'read':
        if (this.remote === 1) return false;
        this.act({ type: 'own', level: 0 });
        return this.received() ? this.#expect() : this.#enter('turning', now + TURN_MS);
      case 'expecting':
        return this.remote === 1 && this.#enter('preparing', now + PREPARE_MS);
      case 'turning':
        return this.due(now) && this.#ask('size');
      case 'asking':
        return this.remote === 1 && this.#enter('preparing', now + PREPARE_MS);
      case 'writing':
        if (!this.transferred) return false;
        this.act({ type: 'own', level: 0 });
        this.sent();
        return this.#enter('written');
      case 'written':
        if (this.remote === 1) return false;
        return this.payloadGoes ? this.#ask('payload') : this.#enter('resting');
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

  #expect(): boolean {
    this.part = 'payload';
    return this.#enter('expecting');
  }

  #ask(part: Part): boolean {
    this.#half = 'writing';
    this.part = part;
    this.act({ type: 'own', level: 1 });
    return this.#enter('asking');
  }

  #enter(state: State, deadline = Infinity): boolean {
    this.#state = state;
    this.deadline = deadline;
    return true;
  }
}
