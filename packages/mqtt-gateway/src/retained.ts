/**
 * Topics that hold the newest state of something: the broker is told the newest payload of each, retained. States that
 * are overtaken before the broker has answered are not sent.
 */
import type { MqttClient } from 'mqtt';
import type { GatewayEvent } from './events.js';
import type { Outbox } from './outbox.js';

interface Topic {
  payload: string;
  /** The broker has it, or is being told. */
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
    // A broker without our session may have lost what it retained.
    broker.on('connect', ({ sessionPresent }) => {
      if (!sessionPresent) this.again(() => true);
    });
  }

  /** The newest payload of a topic; an empty one removes what is retained there. */
  set(topic: string, payload: string): void {
    const entry = this.#topics.get(topic) ?? { payload, told: true, sending: false };
    this.#topics.set(topic, entry);
    entry.payload = payload;
    entry.told = false;
    void this.#send(topic, entry);
  }

  /** Publishes to the broker again what these topics hold. */
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
