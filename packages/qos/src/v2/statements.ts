/**
 * The opening line and the acks of this end on one link (PROTOCOL-2.md sections 2 and 3). An ack contains the counts of
 * this end. It is sent when the counts have changed, and in place of each keepalive.
 */
import { ackLine, openingLine, type Opening, type Standing } from '@iot/framing';
import type { Receiver } from './receiver.js';

export class Statements {
  readonly #receiver: Receiver;
  #introduced = false;
  /** The counts of this end as last sent; undefined when they must be sent again. */
  #said: Omit<Standing, 'sent'> | undefined;
  /** The last ack line and its counts: most keepalives repeat it. */
  #lastAck: (Standing & { readonly line: string }) | undefined;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** True once the opening line was sent. */
  get introduced(): boolean {
    return this.#introduced;
  }

  /** Returns the opening line, which is sent now. */
  introduce(opening: Opening): string {
    this.#introduced = true;
    const { taken, received, window } = opening;
    this.#receiver.promise(window);
    this.#said = { taken, received, window };
    return openingLine(opening);
  }

  /**
   * This end's opening line named another epoch than the peer has. So of this epoch the peer knows only its own `base`
   * from this end.
   */
  namedAnotherRun(base: number): void {
    if (this.#said !== undefined) this.#said = { ...this.#said, taken: base, received: base };
  }

  /** The counts must be sent again. */
  sayAgain(): void {
    this.#said = undefined;
  }

  /**
   * The ack line to send now; empty when the counts have not changed and no keepalive is due. @param sent the highest
   * number sent
   */
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
