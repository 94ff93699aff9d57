/**
 * `Presence` publishes the status of each board (online or not) as retained JSON to its status topic.
 *
 * When a gateway is killed, the broker still has the status `online` of its boards. So the next process subscribes to the
 * status topics. If a status says that a board is online at this gateway, and the gateway does not know the board, it
 * publishes that the board is offline.
 */
import type { Connection, Server } from '@iot/server';
import type { Topics } from './options.js';
import type { Retained } from './retained.js';

/** The status of the gateway on its own topic. The broker publishes `GATEWAY_OFFLINE` as the MQTT will of the gateway. */
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

  /** Call it for each message from the broker that is not for a board. It ignores other topics than status topics. */
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

/** Parses JSON. Returns an empty object for anything that is not a JSON object. */
function parsed(text: string): { readonly online?: unknown; readonly gateway?: unknown } {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}
