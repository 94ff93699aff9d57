/**
 * What is to go to the broker, over the one link that all boards share.
 *
 * A broker may refuse a packet by ending the link, and MQTT 3.1.1 does not say which packet that was. So everything that
 * had no answer when a link ended is sent again on the next link alone, with nothing else under way: first what has
 * ended the fewest links. An item that was sent alone when its third link ended is given up, and the others go on.
 * What came in the meantime goes out together, as before.
 */
import type { MqttClient } from 'mqtt';

/** Links that may end over an item before it is given up. One restart of the broker is no reason to lose a line. */
const MAX_ENDS = 3;

export interface Publication {
  readonly topic: string;
  readonly payload: string;
  /** The broker keeps it for those who subscribe later. */
  readonly retain: boolean;
}

/** `why` holds what the broker, or the MQTT client, said about it. */
export type Answer =
  { readonly type: 'taken' } | { readonly type: 'given up' | 'refused'; readonly why: string };

const GIVEN_UP: Answer = { type: 'given up', why: `the broker ended the link over it ${MAX_ENDS} times` };

interface Item {
  /** Sends it, and returns how to withdraw it: the MQTT client would send it again by itself. */
  send(done: (error?: Error | null) => void): () => void;
  readonly settle: (answer: Answer) => void;
  readonly settled: Promise<Answer>;
  ends: number;
}

export class Outbox {
  readonly #broker: MqttClient;
  #waiting: Item[] = [];
  /** Sent and not answered, each with how to withdraw it. */
  readonly #sent = new Map<Item, () => void>();

  constructor(broker: MqttClient) {
    this.#broker = broker;
    broker.on('connect', () => {
      this.#send();
    });
    broker.on('close', () => {
      this.#linkEnded();
    });
  }

  /** Resolves when the broker has the message, after outages if need be, or has refused it. */
  publish({ topic, payload, retain }: Publication): Promise<Answer> {
    return this.#add((done) => {
      const id = this.#broker.publish(topic, payload, { qos: 1, retain }, done).getLastMessageId();
      return () => this.#broker.removeOutgoingMessage(id);
    });
  }

  /**
   * Resolves when the broker has subscribed us, after outages if need be, or has refused to.
   *
   * @param retained `when new`: what is retained does not come if the broker had the subscription already; MQTT 5 only
   */
  subscribe(topic: string, retained: 'always' | 'when new'): Promise<Answer> {
    return this.#add((done) => {
      this.#broker.subscribe(topic, { qos: 1, rh: retained === 'always' ? 0 : 1 }, done);
      return () => undefined; // the MQTT client forgets it when the link ends
    });
  }

  /** True while the broker has not answered everything that was sent on this link. */
  get underWay(): boolean {
    return this.#sent.size > 0;
  }

  /** Resolves when all has its answer, with what is added meanwhile. */
  async answered(): Promise<void> {
    while (this.#sent.size + this.#waiting.length > 0) {
      await Promise.all([...this.#sent.keys(), ...this.#waiting].map(({ settled }) => settled));
    }
  }

  #add(send: Item['send']): Promise<Answer> {
    let settle!: (answer: Answer) => void;
    const settled = new Promise<Answer>((resolve) => (settle = resolve));
    this.#waiting.push({ send, settle, settled, ends: 0 });
    this.#send();
    return settled;
  }

  #send(): void {
    while (this.#broker.connected && this.#waiting.length > 0) {
      const next = this.#waiting[0]!;
      const alone = next.ends > 0 || [...this.#sent.keys()].some(({ ends }) => ends > 0);
      if (alone && this.#sent.size > 0) return;
      this.#waiting.shift();
      this.#sent.set(next, () => undefined); // the answer may come at once
      const withdraw = next.send((error) => {
        if (!this.#sent.delete(next)) return; // its link has ended
        next.settle(
          error ? { type: 'refused', why: `the broker refused it: ${error.message}` } : { type: 'taken' },
        );
        this.#send();
      });
      if (this.#sent.has(next)) this.#sent.set(next, withdraw);
    }
  }

  #linkEnded(): void {
    const sent = [...this.#sent];
    this.#sent.clear();
    for (const [item, withdraw] of sent) {
      withdraw();
      item.ends += 1;
    }
    const [first] = sent;
    if (sent.length === 1 && first![0].ends >= MAX_ENDS) first![0].settle(GIVEN_UP);
    else this.#waiting.unshift(...sent.map(([item]) => item));
    this.#waiting.sort((a, b) => a.ends - b.ends);
  }
}
