/**
 * Detects the conditions for alerts, and passes alerts on. It uses the monotonic clock, except for the times
 * in the alerts.
 */
import type { Clock } from '@iot/connection';
import type { RefusalReason } from '@iot/server';
import type { Fleet } from '../fleet.js';
import type { Alert, AlertSettings } from './options.js';

/** The state of a client that has been down. */
interface Watched {
  /** Cancels the timer for the alert `silent`. */
  cancel?: (() => void) | undefined;
  /** The alert `silent` was sent. */
  isSilent?: boolean;
  /** The times at which its last links ended, at most `flaps.count`. */
  readonly ends: number[];
  /** No alert `flaps` is sent before this time. */
  quietUntil: number;
}

const MINUTE_MS = 60_000;
/** Maximum alerts per minute about refused connections, because an attacker can cause any number. */
const MOST_REFUSED = 10;

export class Alerts {
  readonly #fleet: Fleet;
  readonly #settings: AlertSettings;
  readonly #clock: Clock;
  readonly #send: (alert: Alert) => void;
  readonly #watched = new Map<string, Watched>();
  /** The refused connections reported in the current minute, by reason and id. */
  #refused = new Set<string>();
  #refusedUntil = -Infinity;

  constructor(fleet: Fleet, settings: AlertSettings, clock: Clock, send: (alert: Alert) => void) {
    this.#fleet = fleet;
    this.#settings = settings;
    this.#clock = clock;
    this.#send = send;
    for (const { connection } of fleet.records.values())
      if (!connection.status) this.#awaitSilence(connection.id);
    fleet.on('client', ({ id, status }) => {
      // With a store, it may be a client from an earlier process, which is down.
      if (!status) this.#awaitSilence(id);
    });
    fleet.on('up', ({ id }) => this.#up(id));
    fleet.on('down', ({ id }) => this.#down(id));
    fleet.on('gone', ({ id }) => {
      this.#watched.get(id)?.cancel?.();
      this.#watched.delete(id);
    });
    if (settings.refused) fleet.on('refused', (...refusal) => this.#refuse(...refusal));
  }

  stop(): void {
    for (const { cancel } of this.#watched.values()) cancel?.();
  }

  #watch(id: string): Watched {
    const watched = this.#watched.get(id) ?? { ends: [], quietUntil: -Infinity };
    this.#watched.set(id, watched);
    return watched;
  }

  #awaitSilence(id: string): void {
    const { silentForMs } = this.#settings;
    if (silentForMs === undefined) return;
    const watched = this.#watch(id);
    if (watched.cancel !== undefined) return;
    watched.cancel = this.#clock.at(this.#clock.now() + silentForMs, () => {
      watched.isSilent = true;
      const since = new Date(this.#fleet.records.get(id)?.since ?? Date.now() - silentForMs).toISOString();
      this.#send({ kind: 'silent', at: now(), id, since });
    });
  }

  #up(id: string): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    watched.cancel?.();
    watched.cancel = undefined;
    if (watched.isSilent === true) this.#send({ kind: 'back', at: now(), id });
    watched.isSilent = false;
  }

  #down(id: string): void {
    this.#awaitSilence(id);
    const { flaps } = this.#settings;
    if (flaps === undefined) return;
    const { count, withinMs } = flaps;
    const watched = this.#watch(id);
    const { ends } = watched;
    const time = this.#clock.now();
    ends.push(time);
    if (ends.length > count) ends.shift();
    if (ends.length < count || time - ends[0]! > withinMs || time < watched.quietUntil) return;
    watched.quietUntil = time + withinMs;
    this.#send({ kind: 'flaps', at: now(), id, outages: count, withinMs });
  }

  #refuse(reason: RefusalReason, id: string | undefined, address: string | undefined, detail?: string): void {
    const time = this.#clock.now();
    if (time >= this.#refusedUntil) {
      this.#refused = new Set();
      this.#refusedUntil = time + MINUTE_MS;
    }
    const key = `${reason} ${id ?? address ?? ''}`;
    if (this.#refused.has(key) || this.#refused.size >= MOST_REFUSED) return;
    this.#refused.add(key);
    this.#send({ kind: 'refused', at: now(), id, address, reason, detail });
  }
}

function now(): string {
  return new Date().toISOString();
}
