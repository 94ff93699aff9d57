/** Whether each board is there, as a retained JSON on its status topic; and the gateway itself. */
import type { Connection } from '@iot/server';
import type { Topics } from './options.js';
import type { Retained } from './retained.js';

/** What the gateway says on its own topic, and the broker as its will. */
export const GATEWAY_ONLINE = JSON.stringify({ online: true });
export const GATEWAY_OFFLINE = JSON.stringify({ online: false });

/** Publishes the status of a board now and whenever its link comes up or goes down. */
export function watchPresence(board: Connection, topics: Topics, retained: Retained): void {
  const topic = topics.status.topic({ id: board.id });
  const publish = (online: boolean): void => {
    const { outages, retransmitted } = board.stats;
    const since = new Date().toISOString();
    retained.set(topic, JSON.stringify({ online, since, outages, repeats: retransmitted }));
  };
  publish(board.status);
  board.on('state', publish);
}
