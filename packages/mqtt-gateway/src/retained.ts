/**
 * `Retained` publishes states: topics for which only the newest payload matters, with the retain flag. While the broker has
 * not answered a publication, newer payloads of the topic wait, and only the newest of them is then sent.
 */
import type { MqttClient } from 'mqtt';
import type { GatewayEvent } from './events.js';
import type { Outbox } from './outbox.js';

interface Topic {
  payload: string;
  /** True when the newest payload was given to the outbox. */
  told: boolean;
  sending: boolean;
}

export class Retained {
  readonly #outbox: Outbox;
  readonly #report: (event: GatewayEvent) => void;
  readonly #topics = new Map<string, Topic>();

  constructor(broker: MqttClient, outbox: Outbox, report: (event: GatewayEvent) => void) {
    this.#outbox = outbox;
    this.#report = report;
    // A broker that has lost our session may have lost its retained messages too.
    broker.on('connect', ({ sessionPresent }) => {
      if (!sessionPresent) this.again(() => true);
    });
  }

  /** Sets the newest payload of a topic. An empty payload removes the retained message. */
  set(topic: string, payload: string): void {
    const entry = this.#topics.get(topic) ?? { payload, told: true, sending: false };
    this.#topics.set(topic, entry);
    entry.payload = payload;
    entry.told = false;
    void this.#send(topic, entry);
  }

  /** Publishes the newest payloads of these topics again. */
  again(which: (topic: string) => boolean): void {
    for (const [topic, { payload }] of this.#topics) if (which(topic)) this.set(topic, payload);
  }

  async #send(topic: string, entry: Topic): Promise<void> {
    if (entry.sending) return;
    entry.sending = true;
    while (!entry.told) {
      entry.told = true;
      const answer = await this.#outbox.publish({ topic, payload: entry.payload, retain: true });
      if (answer.type !== 'taken')
        this.#report({ type: 'trouble', message: `${topic} cannot be published: ${answer.why}` });
    }
    entry.sending = false;
    if (entry.payload === '') this.#topics.delete(topic);
  }
}
