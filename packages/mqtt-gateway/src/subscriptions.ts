/**
 * The subscriptions of the gateway at the broker: the topic of each board that has a session, and topics for the gateway
 * itself. There is no subscription for all boards, because the broker would then send messages for boards that do not exist.
 *
 * With MQTT 5 the broker sends a retained message for a board when its topic is subscribed for the first time, and not when
 * the gateway is started again. It sends retained messages on topics for the gateway itself at each start.
 */
import type { MqttClient } from 'mqtt';
import type { GatewayEvent } from './events.js';
import type { Answer, Outbox } from './outbox.js';

export class Subscriptions {
  readonly #broker: MqttClient;
  readonly #outbox: Outbox;
  readonly #report: (event: GatewayEvent) => void;
  /** The subscriptions by topic, each with the id of its board and the answer of the broker. */
  readonly #topics = new Map<string, { readonly id: string | undefined; answer: 'asked' | Answer['type'] }>();

  constructor(broker: MqttClient, outbox: Outbox, report: (event: GatewayEvent) => void) {
    this.#broker = broker;
    this.#outbox = outbox;
    this.#report = report;
    broker.on('connect', ({ sessionPresent }) => {
      for (const [topic, { id, answer }] of this.#topics) {
        // Do not repeat an accepted subscription in the same MQTT session: MQTT 3.1.1 would send retained messages again.
        if (answer === 'refused' || (answer === 'taken' && !sessionPresent)) void this.#subscribe(id, topic);
      }
    });
  }

  /**
   * Subscribes to a topic. Does nothing if the topic is subscribed already.
   *
   * @param id id of the board that the topic is for; undefined for a topic for the gateway itself
   */
  add(id: string | undefined, topic: string): void {
    if (!this.#topics.has(topic)) void this.#subscribe(id, topic);
  }

  /** Removes the subscription of a board that was forgotten. */
  remove(topic: string): void {
    if (this.#topics.delete(topic)) this.#broker.unsubscribe(topic);
  }

  async #subscribe(id: string | undefined, topic: string): Promise<void> {
    const entry: { readonly id: string | undefined; answer: 'asked' | Answer['type'] } = {
      id,
      answer: 'asked',
    };
    this.#topics.set(topic, entry);
    const answer = await this.#outbox.subscribe(topic, id === undefined ? 'always' : 'when new');
    entry.answer = answer.type;
    if (answer.type === 'taken') this.#report({ type: 'subscribed', id, topic });
    else this.#report({ type: 'not subscribed', id, topic, why: answer.why });
  }
}
