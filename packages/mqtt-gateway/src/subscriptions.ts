/**
 * Subscriptions: for each board that has come, so that the broker sends nothing for boards that do not exist; and for what
 * the gateway itself listens to.
 *
 * With MQTT 5 what is retained for a board comes when its topic is subscribed for the first time, and not again when the
 * gateway is started again; what is retained for the gateway comes at each start.
 */
import type { MqttClient } from 'mqtt';
import type { GatewayEvent } from './events.js';
import type { Answer, Outbox } from './outbox.js';

export class Subscriptions {
  readonly #broker: MqttClient;
  readonly #outbox: Outbox;
  readonly #report: (event: GatewayEvent) => void;
  /** By topic: the id of the board, and what the broker has answered. */
  readonly #topics = new Map<string, { readonly id: string | undefined; answer: 'asked' | Answer['type'] }>();

  constructor(broker: MqttClient, outbox: Outbox, report: (event: GatewayEvent) => void) {
    this.#broker = broker;
    this.#outbox = outbox;
    this.#report = report;
    broker.on('connect', ({ sessionPresent }) => {
      for (const [topic, { id, answer }] of this.#topics) {
        // Not twice in one session of the broker: with MQTT 3.1.1 retained messages would come again.
        if (answer === 'refused' || (answer === 'taken' && !sessionPresent)) void this.#subscribe(id, topic);
      }
    });
  }

  /**
   * Subscribes, unless that is done already.
   *
   * @param id of the board that the topic is for, if it is for one
   */
  add(id: string | undefined, topic: string): void {
    if (!this.#topics.has(topic)) void this.#subscribe(id, topic);
  }

  /** Of a board that is forgotten. */
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
