/**
 * Streams of events to readers (server-sent events). A reader that does not read is dropped: what was written to it and not
 * sent is bounded, and when it comes back it gets the events that it has missed.
 */
import type { ServerResponse } from 'node:http';
import type { LoggedEvent } from '../event-log.js';
import type { Fleet } from '../fleet.js';
import type { Limits } from '../limits.js';
import { Refused, SAFE_HEADERS } from './answer.js';

export interface StreamRequest {
  /** The id of the last event that the reader has. */
  readonly lastEventId: string | undefined;
  /** It wants lines too. */
  readonly lines: boolean;
  /** It wants only what is about the client with this id. */
  readonly client: string | undefined;
}

/** How long a reader is to wait before it comes back, ms. */
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

  /** @throws Refused 503 when there are too many, 403 when lines are wanted and not shown. */
  begin(response: ServerResponse, { lastEventId, lines, client }: StreamRequest): void {
    if (lines && !this.#fleet.showsLines)
      throw new Refused(403, 'lines-not-shown', 'lines are shown with the option showLines: true alone');
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
      // Without an id: a reader that comes back gets no lines again.
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
    // What one turn of the event loop makes may be more: a reader that reads has taken it by the next one.
    if (this.#isTooFull(response)) setImmediate(() => this.#isTooFull(response) && response.destroy());
  }
}

function eventText({ id, type, data }: LoggedEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
