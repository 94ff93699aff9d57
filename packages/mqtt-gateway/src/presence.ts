/**
 * Whether each board is there, as a retained JSON on its status topic; and the gateway itself.
 *
 * A process that was killed leaves its boards online at the broker. So the next one listens to the status topics: a board
 * that is said to be at this gateway, and is not, is said to be offline.
 */
import type { Connection, Server } from '@iot/server';
import type { Topics } from './options.js';
import type { Retained } from './retained.js';

/** What the gateway says on its own topic, and the broker as its will. */
export const GATEWAY_ONLINE = JSON.stringify({ online: true });
export const GATEWAY_OFFLINE = JSON.stringify({ online: false });

export class Presence {
  readonly #server: Server;
  readonly #topics: Topics;
  readonly #retained: Retained;
  /** The client id of this gateway. */
  readonly #gateway: string;

  constructor(server: Server, topics: Topics, retained: Retained, gateway: string) {
    this.#server = server;
    this.#topics = topics;
    this.#retained = retained;
    this.#gateway = gateway;
  }

  /** Publishes the status of a board now and whenever its link comes up or goes down. */
  watch(board: Connection): void {
    const publish = (online: boolean): void => {
      const { outages, retransmitted } = board.stats;
      this.#publish(board.id, { online, outages, repeats: retransmitted });
    };
    publish(board.status);
    board.on('state', publish);
  }

  /** A status that the broker has. */
  heard(topic: string, text: string): void {
    const id = this.#topics.status.valueIn(topic, 'id');
    if (id === undefined || this.#server.has(id)) return;
    const { online, gateway } = parsed(text);
    if (online === true && gateway === this.#gateway)
      this.#publish(id, { online: false, outages: 0, repeats: 0 });
  }

  #publish(id: string, status: { online: boolean; outages: number; repeats: number }): void {
    const { online, ...counts } = status;
    const since = new Date().toISOString();
    const payload = JSON.stringify({ online, since, ...counts, gateway: this.#gateway });
    this.#retained.set(this.#topics.status.topic({ id }), payload);
  }
}

/** Empty for anything but a JSON object. */
function parsed(text: string): { readonly online?: unknown; readonly gateway?: unknown } {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}
