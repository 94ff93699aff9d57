/**
 * What is to go to the broker, over the one link that all boards share.
 *
 * A broker may refuse a packet by ending the link, and MQTT 3.1.1 does not say which packet that was. So everything that
 * had no answer when a link ended is sent again on the next link alone, with nothing else under way: first what has
 * ended the fewest links, but nothing of a board before what came from it earlier. An item that was sent alone when its
 * third link ended is given up, and the others go on. What came in the meantime goes out together, as before.
 */
import type { MqttClient } from 'mqtt';

/** Links that may end over an item before it is given up. One restart of the broker is no reason to lose a line. */
const MAX_ENDS = 3;

/** Of messages under way at once, when the broker does not say (MQTT 5, section 3.2.2.3.3). */
const MOST_UNDER_WAY = 65_535;

export interface Publication {
  /** Publications that have the same one keep their order: the id of a board. */
  readonly order?: string | undefined;
  readonly topic: string;
  readonly payload: string;
  /** The broker keeps it for those who subscribe later. */
  readonly retain: boolean;
  /** MQTT 5, of an answer. */
  readonly correlationData?: Buffer | undefined;
}

/** `why` holds what the broker, or the MQTT client, said about it. */
export type Answer =
  { readonly type: 'taken' } | { readonly type: 'given up' | 'refused'; readonly why: string };

/** Of UTF-8: what the length in front of a topic can say (MQTT 5, section 1.5.4). The MQTT client throws over more. */
const MOST_TOPIC_BYTES = 65_535;

const TOPIC_TOO_LONG: Answer = {
  type: 'refused',
  why: `the topic is longer than ${MOST_TOPIC_BYTES} bytes, the most that MQTT can send`,
};

const GIVEN_UP: Answer = { type: 'given up', why: `the broker ended the link over it ${MAX_ENDS} times` };

interface Item {
  /** It never overtakes an item before it with the same one. */
  readonly order: string | undefined;
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
  /** What is sent alone, while it is under way. */
  #alone: Item | undefined;
  #mostUnderWay = MOST_UNDER_WAY;

  constructor(broker: MqttClient) {
    this.#broker = broker;
    broker.on('connect', ({ properties }) => {
      // A broker ends the link of who has more under way.
      this.#mostUnderWay = properties?.receiveMaximum ?? MOST_UNDER_WAY;
      this.#send();
    });
    broker.on('close', () => {
      this.#linkEnded();
    });
  }

  /** Resolves when the broker has the message, after outages if need be, or has refused it; at once when MQTT cannot send it. */
  publish({ topic, payload, retain, order, correlationData }: Publication): Promise<Answer> {
    if (Buffer.byteLength(topic) > MOST_TOPIC_BYTES) return Promise.resolve(TOPIC_TOO_LONG);
    const options = { qos: 1, retain, ...(correlationData && { properties: { correlationData } }) } as const;
    return this.#add(order, (done) => {
      const id = this.#broker.publish(topic, payload, options, done).getLastMessageId();
      return () => this.#broker.removeOutgoingMessage(id);
    });
  }

  /**
   * Resolves when the broker has subscribed us, after outages if need be, or has refused to.
   *
   * @param retained `when new`: what is retained does not come if the broker had the subscription already; MQTT 5 only
   */
  subscribe(topic: string, retained: 'always' | 'when new'): Promise<Answer> {
    return this.#add(undefined, (done) => {
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
    if (!this.#sent.delete(item)) return; // its link has ended
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

/** First what has ended the fewest links; an item waits for those before it that keep an order with it. */
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
