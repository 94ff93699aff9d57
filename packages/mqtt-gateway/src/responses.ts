/**
 * Answers to requests, MQTT 5 section 4.10: a message for a board that names a response topic gets an answer there, with
 * its correlation data, once it is known what became of it. The gateway answers, since the lines of a board do not say
 * what they answer to.
 */
import type { IPublishPacket } from 'mqtt';
import type { Outbox } from './outbox.js';

/** What became of a message for a board. */
export type Outcome =
  | { readonly outcome: 'delivered' }
  /** Its time was over before it was sent to the board. */
  | { readonly outcome: 'expired' }
  /** It cannot be a line, or not one for this board. */
  | { readonly outcome: 'dead letter'; readonly why: string };

export class Responses {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Does nothing for a message that asks for no answer. */
  send({ properties }: IPublishPacket, id: string, outcome: Outcome): void {
    const topic = properties?.responseTopic;
    if (topic === undefined) return;
    const payload = JSON.stringify({ id, ...outcome });
    const correlationData = properties?.correlationData;
    // An answer that the broker refuses is dropped: who asked for it chose the topic.
    void this.#outbox.publish({ topic, payload, retain: false, correlationData });
  }
}
