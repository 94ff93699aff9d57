/**
 * The fleet as the page shows it: read as a whole once, and then kept up to date by the stream of events. When the stream
 * ends it is opened again from the last event on; when events were missed, all is read again. A hidden page follows nothing,
 * and catches up when it is shown.
 */
import { follow, read, RefusedError } from './api.js';
import {
  applyEvent,
  boardsOf,
  type Board,
  type ClientJson,
  type EventJson,
  type OutageJson,
} from './model.js';
import { Listing } from './listing.js';
import { newsOf, newsOfOutages, type News } from './news.js';
import { ratesBetween, type OverviewJson, type Rates } from './rates.js';
import type { StreamEvent } from './sse.js';

export type Connection = 'loading' | 'live' | 'lost' | 'token';

/** With a key that is another one for each. */
type KeyedNews = News & { readonly key: number };

const OVERVIEW_MS = 5000;
/** Counters and round trips of all boards: the stream has none. */
const CLIENTS_MS = 30_000;
const MOST_CLIENTS = 10_000;
const MOST_NEWS = 200;
/** Ten minutes. */
const MOST_RATES = 120;
const RETRIES_MS = [250, 500, 1000, 2000, 4000];

export class Live {
  connection: Connection = 'loading';
  /** Why it is not live. */
  trouble: string | undefined;
  boards = new Map<string, Board>();
  /** Of these boards. */
  readonly listing = new Listing();
  /** The newest first. */
  news: readonly KeyedNews[] = [];
  overview: OverviewJson | undefined;
  rates: readonly Rates[] = [];
  /** What to add to the clock of the browser to have that of the server, ms. */
  #clockOffset = 0;
  #lastEventId: string | undefined;
  #newsCount = 0;
  /** Events that came while all boards were read: the answer may be older. */
  #meanwhile: [type: string, event: EventJson][] = [];
  readonly #changed: () => void;
  #wake: (() => void) | undefined;

  /** @param changed called after each change, at most once a frame */
  constructor(changed: () => void) {
    let isDue = false;
    this.#changed = () => {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        changed();
      });
    };
  }

  now(): number {
    return Date.now() + this.#clockOffset;
  }

  /** The token has changed, or the user wants it: tries at once. */
  retry(): void {
    this.#wake?.();
  }

  /** Runs until it is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    window.addEventListener('online', () => this.retry(), { signal });
    document.addEventListener('visibilitychange', () => this.retry(), { signal });
    for (let attempt = 0; !signal.aborted;) {
      await this.#shown();
      const isOpen = await this.#session(signal);
      attempt = isOpen ? 0 : Math.min(attempt + 1, RETRIES_MS.length - 1);
      if (!document.hidden) await this.#pause(RETRIES_MS[attempt]!);
    }
  }

  /** Reads what is needed and follows the stream until it ends; true when it was open. */
  async #session(signal: AbortSignal): Promise<boolean> {
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    document.addEventListener('visibilitychange', () => document.hidden && ending.abort(), { signal: both });
    let isOpen = false;
    try {
      if (this.#lastEventId === undefined) await this.#readAll(both);
      const polls = [
        setInterval(() => void this.#poll(() => this.#readOverview(both)), OVERVIEW_MS),
        setInterval(() => void this.#poll(() => this.#readBoards(both)), CLIENTS_MS),
      ];
      both.addEventListener('abort', () => polls.forEach(clearInterval));
      await follow('events', this.#lastEventId, both, {
        opened: () => {
          isOpen = true;
          this.#set('live');
        },
        event: (event) => this.#take(event, ending),
      });
      this.#set('lost', 'the server has ended the stream of events');
    } catch (error) {
      if (!both.aborted) this.#failed(error);
    } finally {
      ending.abort();
    }
    return isOpen;
  }

  #take({ id, type, data }: StreamEvent, session: AbortController): void {
    if (type === 'missed') {
      this.#lastEventId = undefined;
      session.abort();
      return;
    }
    const event = JSON.parse(data) as EventJson;
    if (id !== undefined) this.#lastEventId = id;
    applyEvent(this.boards, type, event);
    this.#meanwhile.push([type, event]);
    const board = event.id === undefined ? undefined : this.boards.get(event.id);
    if (event.id !== undefined) this.listing.change(event.id, board, this.now());
    this.news = [this.#keyed(newsOf(type, event, board?.outages)), ...this.news.slice(0, MOST_NEWS - 1)];
    this.#changed();
  }

  #keyed(news: News): KeyedNews {
    this.#newsCount += 1;
    return { ...news, key: this.#newsCount };
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    await this.#readOverview(signal);
    const since = this.overview!.lastEventId;
    const outages = await this.#readBoards(signal);
    // The stream begins where the overview was: what came since changes nothing that was read later.
    this.#lastEventId = since;
    this.news = newsOfOutages(outages)
      .slice(0, MOST_NEWS)
      .map((news) => this.#keyed(news));
  }

  async #readOverview(signal: AbortSignal): Promise<void> {
    const before = this.overview;
    const overview = await read<OverviewJson>('fleet', signal);
    this.#clockOffset = Date.parse(overview.at) - Date.now();
    if (before !== undefined)
      this.rates = [...this.rates.slice(1 - MOST_RATES), ratesBetween(before, overview)];
    this.overview = overview;
    this.#changed();
  }

  async #readBoards(signal: AbortSignal): Promise<readonly OutageJson[]> {
    this.#meanwhile = [];
    const clients: ClientJson[] = [];
    for (let total = 1; clients.length < total;) {
      const path = `clients?limit=${MOST_CLIENTS}&offset=${clients.length}`;
      const page = await read<{ total: number; clients: ClientJson[] }>(path, signal);
      clients.push(...page.clients);
      // Some may have been forgotten meanwhile.
      total = page.clients.length === 0 ? 0 : page.total;
    }
    const { outages } = await read<{ outages: OutageJson[] }>(`outages?limit=${MOST_CLIENTS}`, signal);
    this.boards = boardsOf(clients, outages);
    for (const [type, event] of this.#meanwhile.splice(0)) applyEvent(this.boards, type, event);
    this.listing.reset(this.boards.values(), this.now());
    this.#changed();
    return outages;
  }

  /** A reading that fails changes nothing: whether there is a connection is seen at the stream. */
  async #poll(reading: () => Promise<unknown>): Promise<void> {
    await reading().catch(() => undefined);
  }

  #failed(error: unknown): void {
    if (error instanceof RefusedError && error.status === 401) return this.#set('token', error.message);
    this.#set('lost', error instanceof RefusedError ? error.message : 'there is no connection to the server');
  }

  #set(connection: Connection, trouble?: string): void {
    this.connection = connection;
    this.trouble = trouble;
    this.#changed();
  }

  /** Resolves when the page is visible. */
  async #shown(): Promise<void> {
    while (document.hidden) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** A wrong token is not tried again by itself. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.connection !== 'token') setTimeout(resolve, ms);
    });
  }
}
