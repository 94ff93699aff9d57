/**
 * `Outbox` is the queue of everything that goes to the broker: publications and subscriptions, called items here. All boards
 * share it, because there is only one link to the broker.
 *
 * A broker can refuse a packet by ending the link, and MQTT 3.1.1 does not say which packet was the cause. The outbox finds
 * it in this way:
 * - Each item that was sent on a link, and had no answer when the link ended, gets a higher count of ends.
 * - On the next link an item with a count is sent alone: nothing else is sent until the broker has answered it. Items with
 *   a lower count go first, but items of the same board never overtake each other.
 * - If the link ends while an item is sent alone, and this is at least its third end, the item is given up.
 * - Items without a count are sent together, as usual.
 */
import type { MqttClient } from 'mqtt';

/** Number of ended links after which an item is given up. It is more than 1: a restart of the broker must not lose a line. */
const MAX_ENDS = 3;

/** Limit of items without an answer, if the broker does not give one (MQTT 5, section 3.2.2.3.3). */
const MOST_UNDER_WAY = 65_535;

export interface Publication {
  /** Publications with the same value, the id of a board, keep their order. */
  readonly order?: string | undefined;
  readonly topic: string;
  readonly payload: string;
  /** True: the broker keeps the message for clients that subscribe later. */
  readonly retain: boolean;
  /** For a response: the correlation data of the request (MQTT 5). */
  readonly correlationData?: Buffer | undefined;
}

/** What has become of an item. `why` is the reason from the broker or from MQTT.js. */
export type Answer =
  { readonly type: 'taken' } | { readonly type: 'given up' | 'refused'; readonly why: string };

/**
 * Longest topic in bytes of UTF-8, because its length is sent as 16 bits (MQTT 5, section 1.5.4). MQTT.js throws for a longer
 * one.
 */
const MOST_TOPIC_BYTES = 65_535;

const TOPIC_TOO_LONG: Answer = {
  type: 'refused',
  why: `the topic is longer than ${MOST_TOPIC_BYTES} bytes, the most that MQTT can send`,
};

const GIVEN_UP: Answer = { type: 'given up', why: `the broker ended the link over it ${MAX_ENDS} times` };

interface Item {
  /** The item never overtakes an earlier item with the same value. */
  readonly order: string | undefined;
  /** Sends the item. Returns a function that removes it from MQTT.js, which would otherwise send it again by itself. */
  send(done: (error?: Error | null) => void): () => void;
  readonly settle: (answer: Answer) => void;
  readonly settled: Promise<Answer>;
  /** Number of links that have ended after the item was sent on them and before it was answered. */
  ends: number;
}

export class Outbox {
  readonly #broker: MqttClient;
  #waiting: Item[] = [];
  /** Items that were sent and not answered, each with the function that removes it from MQTT.js. */
  readonly #sent = new Map<Item, () => void>();
  /** The item that is being sent alone. */
  #alone: Item | undefined;
  #mostUnderWay = MOST_UNDER_WAY;

  constructor(broker: MqttClient) {
    this.#broker = broker;
    broker.on('connect', ({ properties }) => {
      // If the gateway had more messages without an answer than this, the broker would end the link.
      this.#mostUnderWay = properties?.receiveMaximum ?? MOST_UNDER_WAY;
      this.#send();
    });
    broker.on('close', () => {
      this.#linkEnded();
    });
  }

  /**
   * Publishes with QoS 1. Resolves when the broker has acked or refused the message, or when it was given up. Waits through
   * outages. Resolves at once if the topic is too long for MQTT.
   */
  publish({ topic, payload, retain, order, correlationData }: Publication): Promise<Answer> {
    if (Buffer.byteLength(topic) > MOST_TOPIC_BYTES) return Promise.resolve(TOPIC_TOO_LONG);
    const options = { qos: 1, retain, ...(correlationData && { properties: { correlationData } }) } as const;
    return this.#add(order, (done) => {
      const id = this.#broker.publish(topic, payload, options, done).getLastMessageId();
      return () => this.#broker.removeOutgoingMessage(id);
    });
  }

  /**
   * Subscribes with QoS 1. Resolves when the broker has accepted or refused the subscription, or when it was given up. Waits
   * through outages.
   *
   * @param retained `when new`: the broker sends retained messages only if it did not have the subscription already; this
   * works only with MQTT 5
   */
  subscribe(topic: string, retained: 'always' | 'when new'): Promise<Answer> {
    return this.#add(undefined, (done) => {
      this.#broker.subscribe(topic, { qos: 1, rh: retained === 'always' ? 0 : 1 }, done);
      return () => undefined; // MQTT.js drops a subscription without an answer when the link ends
    });
  }

  /** True while the broker has not answered everything that was sent on this link. */
  get underWay(): boolean {
    return this.#sent.size > 0;
  }

  /** Resolves when all items have an answer, including items that are added meanwhile. */
  async answered(): Promise<void> {
    while (this.#sent.size + this.#waiting.length > 0) {
      await Promise.all([...this.#sent.keys(), ...this.#waiting].map(({ settled }) => settled));
    }
  }

  #add(order: string | undefined, send: Item['send']): Promise<Answer> {
    let settle!: (answer: Answer) => void;
    const settled = new Promise<Answer>((resolve) => (settle = resolve));
    this.#waiting.push({ order, send, settle, settled, ends: 0 });
    this.#send();
    return settled;
  }

  #send(): void {
    while (this.#maySend && this.#waiting.length > 0) {
      const next = this.#waiting[0]!;
      if (next.ends > 0) {
        if (this.#sent.size > 0) return;
        this.#alone = next;
      }
      this.#waiting.shift();
      this.#sent.set(next, () => undefined); // the answer may come at once
      const withdraw = next.send((error) => {
        this.#answered(next, error);
      });
      if (this.#sent.has(next)) this.#sent.set(next, withdraw);
    }
  }

  get #maySend(): boolean {
    return this.#broker.connected && this.#alone === undefined && this.#sent.size < this.#mostUnderWay;
  }

  #answered(item: Item, error: Error | null | undefined): void {
    if (!this.#sent.delete(item)) return; // the answer is of a link that has ended
    if (this.#alone === item) this.#alone = undefined;
    item.settle(
      error ? { type: 'refused', why: `the broker refused it: ${error.message}` } : { type: 'taken' },
    );
    this.#send();
  }

  #linkEnded(): void {
    const sent = [...this.#sent];
    this.#sent.clear();
    this.#alone = undefined;
    for (const [item, withdraw] of sent) {
      withdraw();
      item.ends += 1;
    }
    const [first] = sent;
    if (sent.length === 1 && first![0].ends >= MAX_ENDS) first![0].settle(GIVEN_UP);
    else this.#waiting.unshift(...sent.map(([item]) => item));
    this.#waiting = inOrder(this.#waiting);
  }
}

/** Sorts by the count of ends, fewest first. Items with the same `order` keep their order. */
function inOrder(items: readonly Item[]): Item[] {
  const most = new Map<string, number>();
  const ranked = items.map((item): [number, Item] => {
    const { order, ends } = item;
    const rank = Math.max(ends, (order !== undefined && most.get(order)) || 0);
    if (order !== undefined) most.set(order, rank);
    return [rank, item];
  });
  return ranked.sort(([a], [b]) => a - b).map(([, item]) => item);
}
