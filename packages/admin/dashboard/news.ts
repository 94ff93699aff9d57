/** The latest events: those of the stream, and before it those that the outages of the last hour show. */
import type { EventJson, Outage, OutageJson } from './model.js';

/** An event of the fleet, as it is listed. */
export interface News extends EventJson {
  readonly type: string;
  /** Of an `up` after an outage: how long that was. */
  readonly afterMs?: number;
}

/** @param outages of the board of the event, with what the event has changed */
export function newsOf(type: string, event: EventJson, outages: readonly Outage[] = []): News {
  const last = outages.at(-1);
  const isEnd = type === 'up' && last?.endedAt === Date.parse(event.at);
  return { ...event, type, ...(isEnd && { afterMs: last.endedAt - last.at }) };
}

/** The `down` and the `up` of each outage, the newest first. */
export function newsOfOutages(outages: readonly OutageJson[]): News[] {
  return outages
    .flatMap(({ endedAt, ...outage }): News[] => {
      const down = { ...outage, type: 'down' };
      if (endedAt === null) return [down];
      const afterMs = Date.parse(endedAt) - Date.parse(outage.at);
      return [down, { id: outage.id, at: endedAt, type: 'up', afterMs }];
    })
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
    .reverse();
}
