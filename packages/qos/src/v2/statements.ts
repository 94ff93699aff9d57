/**
 * What this end says of itself on one link (PROTOCOL-2.md sections 2 and 3): its opening line, and from then on its counts,
 * when they have changed and in place of keepalives.
 */
import { ackLine, openingLine, type Opening, type Standing } from '@iot/framing';
import type { Receiver } from './receiver.js';

export class Statements {
  readonly #receiver: Receiver;
  #introduced = false;
  /** The counts of this end as last sent. */
  #said: Omit<Standing, 'sent'> | undefined;
  /** The last ack line, and what it says: most keepalives are the same again. */
  #lastAck: (Standing & { readonly line: string }) | undefined;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** The opening line has gone out. */
  get introduced(): boolean {
    return this.#introduced;
  }

  /** This opening line goes out. */
  introduce(opening: Opening): string {
    this.#introduced = true;
    const { taken, received, window } = opening;
    this.#receiver.promise(window);
    this.#said = { taken, received, window };
    return openingLine(opening);
  }

  /** The opening line named another run than the peer's: of this one the peer knows no more than its own base. */
  namedAnotherRun(base: number): void {
    if (this.#said !== undefined) this.#said = { ...this.#said, taken: base, received: base };
  }

  /** What was said last is to be said again. */
  sayAgain(): void {
    this.#said = undefined;
  }

  /** The ack line that goes out now, if there is anything to say or a keepalive is due. @param sent the highest number sent */
  standing(sent: number, keepaliveDue: boolean): string {
    const { taken, received, window } = this.#receiver;
    const said = this.#said;
    const moved =
      said?.taken !== taken || said.received !== received || this.#receiver.isWorthSaying(said.window);
    if (!moved && !keepaliveDue) return '';
    this.#receiver.promise(window);
    if (moved || said.window !== window) this.#said = { taken, received, window };
    const last = this.#lastAck;
    const again =
      last?.taken === taken && last.received === received && last.window === window && last.sent === sent;
    if (again) return last.line;
    const line = ackLine({ taken, received, window, sent });
    this.#lastAck = { taken, received, window, sent, line };
    return line;
  }
}
