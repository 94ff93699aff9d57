/**
 * Streams of events to readers (server-sent events). The unsent bytes of a reader are limited. A reader that
 * does not read is disconnected; when it reconnects it gets the events that it missed.
 */
import type { ServerResponse } from 'node:http';
import type { LoggedEvent } from '../event-log.js';
import type { Fleet } from '../fleet.js';
import type { Limits } from '../limits.js';
import { Refused, SAFE_HEADERS } from './answer.js';

export interface StreamRequest {
  /** The id of the last event that the reader has. */
  readonly lastEventId: string | undefined;
  /** True: lines are sent too. */
  readonly lines: boolean;
  /** If set, only events of the client with this id are sent. */
  readonly client: string | undefined;
}

/** How long a reader must wait before it reconnects, ms. */
const RETRY_MS = 1000;

export class Streams {
  readonly #fleet: Fleet;
  readonly #limits: Limits;
  readonly #open = new Set<ServerResponse>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(fleet: Fleet, limits: Limits) {
    this.#fleet = fleet;
    this.#limits = limits;
    this.#heartbeat = setInterval(() => {
      for (const response of this.#open) this.#write(response, ':\n\n');
    }, limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  close(): void {
    clearInterval(this.#heartbeat);
  }

  /**
   * @throws Refused 503 when there are too many streams, 403 when lines are requested and `showLines` is
   * false.
   */
  begin(response: ServerResponse, { lastEventId, lines, client }: StreamRequest): void {
    if (lines && !this.#fleet.showsLines)
      throw new Refused(403, 'lines-not-shown', 'lines are shown only with the option showLines: true');
    if (this.#open.size >= this.#limits.streams)
      throw new Refused(503, 'too-many-streams', `there are ${this.#limits.streams} streams already`);
    const { events } = this.#fleet;
    const isWanted = (data: { readonly id?: unknown }): boolean => client === undefined || data.id === client;
    const tell = (event: LoggedEvent): void => {
      if (isWanted(event.data)) this.#write(response, eventText(event));
    };
    response.writeHead(200, { ...SAFE_HEADERS, 'content-type': 'text/event-stream' });
    this.#open.add(response);
    this.#write(response, `retry: ${RETRY_MS}\n\n`);
    if (lastEventId !== undefined) {
      const missed = events.since(lastEventId);
      if (missed.hasMissed) this.#write(response, 'event: missed\ndata: {}\n\n');
      for (const event of missed.events) tell(event);
    }
    const stops = [events.follow(tell)];
    if (lines) {
      // Without an id, because lines are not repeated to a reader that reconnects.
      stops.push(
        this.#fleet.followLines((data) => {
          if (isWanted(data)) this.#write(response, `event: line\ndata: ${JSON.stringify(data)}\n\n`);
        }),
      );
    }
    response.on('close', () => {
      this.#open.delete(response);
      for (const stop of stops) stop();
    });
  }

  #isTooFull(response: ServerResponse): boolean {
    return response.writableLength > this.#limits.streamBytes;
  }

  #write(response: ServerResponse, text: string): void {
    if (response.destroyed) return;
    response.write(text);
    // One turn of the event loop may produce more bytes than the limit. Check in the next turn, when an
    // active reader has read them.
    if (this.#isTooFull(response)) setImmediate(() => this.#isTooFull(response) && response.destroy());
  }
}

function eventText({ id, type, data }: LoggedEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
