/**
 * The initiator's machine: the board that runs the application, slave on the I2C bus. It drives `syn` and the
 * responder's reset line and reads `ack` (I2C.md).
 *
 * Theory of operation: it resets the responder, synchronises, and starts an exchange of its own accord, again and
 * again. A row below is a state: what it waits for, at most how long, and what it does then.
 *
 *   state          waits for               at most  then
 *   resetting      the pulse's end         pulseMs  reset inactive, syn low    -> synchronising
 *   synchronising  ack low                          `synchronised`             -> settling
 *   settling       a second                1 s      starts an exchange         -> sending
 *   resting        the interval            100 ms   starts an exchange         -> sending
 *   sending        bytes read by master    5 s                                 -> sent
 *   sent           ack high                1 s      syn low; payload: `taken`  -> acknowledged
 *   acknowledged   ack low                 1 s      payload follows: syn high  -> sending, else -> listening
 *   listening      ack high                1 s      syn high                   -> receiving
 *   receiving      bytes written by master 5 s                                 -> received
 *   received       ack low                 1 s      syn low; payload: `data`   -> listening (payload follows) or resting
 *
 * Each of the four transfers, size and payload one way and then the other, goes through three of these states. Too
 * late, or an `ack` that rises between two exchanges, is a failure, and the end of this machine.
 */
import { LinkError } from '@iot/framing';
import { ChannelMachine, type FailureReason, type Part } from './machine.js';

export interface InitiatorSettings {
  /** How long to reset the responder before synchronising; undefined without a reset line. */
  readonly resetPulseMs: number | undefined;
  /** From the end of one exchange to the start of the next. */
  readonly exchangeIntervalMs: number;
}

/** From synchronising to the first exchange: an original responder looks every 100 ms and then sets up its interrupt. */
const SETTLE_MS = 1000;
/** For the responder to answer on its wire. */
const WIRE_TIMEOUT_MS = 1000;
/** For the responder to begin a transfer and end it: what the original's board gives its own slave send and receive. */
const TRANSFER_TIMEOUT_MS = 5000;

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

export class Initiator extends ChannelMachine {
  readonly #settings: InitiatorSettings;
  #state: State = 'resetting';

  constructor(settings: InitiatorSettings) {
    super();
    this.#settings = settings;
  }

  start(now: number): void {
    const { resetPulseMs } = this.#settings;
    this.act({ type: 'own', level: 1 });
    if (resetPulseMs !== undefined) this.act({ type: 'reset', active: true });
    this.#enter('resetting', now + (resetPulseMs ?? 0));
  }

  override stop(): void {
    if (!this.over) this.#letGoOfReset();
    super.stop();
  }

  get atRest(): boolean {
    return this.#state === 'resting' || this.#state === 'settling';
  }

  protected step(now: number): boolean {
    switch (this.#state) {
      case 'resetting':
        return this.due(now) && this.#synchronise();
      case 'synchronising':
        if (this.remote === 1) return false;
        this.emit({ type: 'synchronised' });
        return this.#enter('settling', now + SETTLE_MS);
      case 'settling':
        if (!this.due(now)) return false;
        return this.remote === 1 ? this.#responderLeft() : this.#send('size', now);
      case 'resting':
        if (this.remote === 1) return this.#responderLeft();
        return this.due(now) && this.#send('size', now);
      case 'sending':
        if (!this.transferred) return this.#overdue(now, 'did not read');
        return this.#enter('sent', now + WIRE_TIMEOUT_MS);
      case 'sent':
        if (this.remote === 0) return this.#overdue(now, 'did not raise ack');
        this.act({ type: 'own', level: 0 });
        this.sent();
        return this.#enter('acknowledged', now + WIRE_TIMEOUT_MS);
      case 'acknowledged':
        if (this.remote === 1) return this.#overdue(now, 'did not lower ack');
        return this.payloadGoes ? this.#send('payload', now) : this.#listen('size', now);
      case 'listening':
        if (this.remote === 0) return this.#overdue(now, 'did not raise ack to send');
        this.act({ type: 'own', level: 1 });
        this.receive();
        return this.#enter('receiving', now + TRANSFER_TIMEOUT_MS);
      case 'receiving':
        if (!this.transferred) return this.#overdue(now, 'did not write');
        return this.#enter('received', now + WIRE_TIMEOUT_MS);
      case 'received':
        if (this.remote === 1) return this.#overdue(now, 'did not lower ack');
        this.act({ type: 'own', level: 0 });
        if (!this.acceptable()) return false;
        if (this.received()) return this.#listen('payload', now);
        return this.#enter('resting', now + this.#settings.exchangeIntervalMs);
    }
  }

  protected releaseWire(): void {
    this.#letGoOfReset();
    this.act({ type: 'own', level: 1 });
  }

  protected reasonOfFailedTransfer(): FailureReason {
    return 'bus';
  }

  /** However the pulse ends, the responder is not left in reset. */
  #letGoOfReset(): void {
    if (this.#state !== 'resetting' || this.#settings.resetPulseMs === undefined) return;
    this.act({ type: 'reset', active: false });
  }

  #synchronise(): boolean {
    this.#letGoOfReset();
    this.act({ type: 'own', level: 0 });
    return this.#enter('synchronising', Infinity);
  }

  #send(part: Part, now: number): boolean {
    this.part = part;
    this.act({ type: 'own', level: 1 });
    this.send();
    return this.#enter('sending', now + TRANSFER_TIMEOUT_MS);
  }

  #listen(part: Part, now: number): boolean {
    this.part = part;
    return this.#enter('listening', now + WIRE_TIMEOUT_MS);
  }

  #enter(state: State, deadline: number): boolean {
    this.#state = state;
    this.deadline = deadline;
    return true;
  }

  #responderLeft(): boolean {
    const message = 'the responder has left or restarted: ack is high between two exchanges';
    this.fail('left', new LinkError('ERR_LINK_LOST', message));
    return false;
  }

  #overdue(now: number, what: string): false {
    if (!this.due(now)) return false;
    const message = `the responder ${what} in time: it hangs or is gone, and must be reset`;
    this.fail('timeout', new LinkError('ERR_LINK_LOST', message));
    return false;
  }
}
