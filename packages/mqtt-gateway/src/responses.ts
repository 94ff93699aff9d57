/**
 * Responses to requests (MQTT 5, section 4.10). A message for a board can name a response topic. When the outcome of the
 * message is known, the gateway publishes it to this topic, with the correlation data of the message. The board cannot do
 * this, because its lines do not say which message they answer.
 */
import type { IPublishPacket } from 'mqtt';
import type { Outbox } from './outbox.js';

/** The outcome of a message for a board. */
export type Outcome =
  /** The board has acked the line. */
  | { readonly outcome: 'delivered' }
  /** The message has expired before it was sent to the board. */
  | { readonly outcome: 'expired' }
  /** The message cannot be written as a line to this board. */
  | { readonly outcome: 'dead letter'; readonly why: string };

export class Responses {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Publishes the outcome. Does nothing for a message without a response topic. */
  send({ properties }: IPublishPacket, id: string, outcome: Outcome): void {
    const topic = properties?.responseTopic;
    if (topic === undefined) return;
    const payload = JSON.stringify({ id, ...outcome });
    const correlationData = properties?.correlationData;
    // A response that the broker refuses is dropped: the sender of the message has chosen the topic.
    void this.#outbox.publish({ topic, payload, retain: false, correlationData });
  }
}
