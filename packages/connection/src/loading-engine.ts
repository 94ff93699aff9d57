/**
 * `LoadingEngine`: lets the application use a connection while its session is still being loaded from the store. Once the
 * session is loaded, every call is passed on to its pump.
 */
import type { SessionStats, WriteFlags, WrittenLine } from '@iot/qos';
import type { Engine, EngineHandlers, TakenLine } from './engine.js';
import type { Clock } from './ports.js';
import { NONE_SHELVED, type Pump } from './pump.js';
import { settlesWithin } from './waiters.js';

/** Settings that are needed before the session is loaded. */
interface LoadingOptions extends Pick<Engine, 'clock' | 'maxLineBytes'> {
  /** How long `close` waits for the store, ms. */
  readonly closeTimeoutMs: number;
}

/** The engine of a connection whose session is being loaded from a store. Until it is loaded, writes and reads wait. */
export class LoadingEngine implements Engine {
  readonly clock: Clock;
  readonly maxLineBytes: number;
  readonly stores = true;
  readonly #closeTimeoutMs: number;
  readonly #loading: Promise<Pump>;
  #pump: Pump | undefined;
  #handlers: EngineHandlers | undefined;
  #roomWanted = false;
  #closed = false;

  /** @param loading the pump of the loaded session. If it rejects, the caller handles the failure, not this class. */
  constructor(loading: Promise<Pump>, { clock, maxLineBytes, closeTimeoutMs }: LoadingOptions) {
    this.clock = clock;
    this.maxLineBytes = maxLineBytes;
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#loading = loading;
    loading.then(
      (pump) => {
        if (!this.#closed) this.#begin(pump);
      },
      () => undefined,
    );
  }

  get up(): boolean {
    return this.#pump?.up ?? false;
  }

  get unread(): number {
    return this.#pump?.unread ?? 0;
  }

  get stats(): SessionStats {
    return this.#pump?.stats ?? NO_STATS;
  }

  get protocol(): 1 | 2 | undefined {
    return this.#pump?.protocol;
  }

  get bytesReceived(): number {
    return this.#pump?.bytesReceived ?? 0;
  }

  get bytesSent(): number {
    return this.#pump?.bytesSent ?? 0;
  }

  get remoteAddress(): string | undefined {
    return this.#pump?.remoteAddress;
  }

  get roomWanted(): boolean {
    return this.#pump?.roomWanted ?? this.#roomWanted;
  }

  set roomWanted(wanted: boolean) {
    if (this.#pump === undefined) this.#roomWanted = wanted;
    else this.#pump.roomWanted = wanted;
  }

  start(handlers: EngineHandlers): void {
    this.#handlers = handlers;
  }

  write(text: string, flags: WriteFlags): number {
    if (this.#pump === undefined)
      throw new Error('the session is not loaded yet, so it has no space for lines');
    return this.#pump.write(text, flags);
  }

  withdraw(ticket: number, bytes?: number): void {
    this.#pump?.withdraw(ticket, bytes);
  }

  isUnsent(ticket: number): boolean {
    return this.#pump?.isUnsent(ticket) ?? false;
  }

  isShelved(ticket: number): boolean {
    return this.#pump?.isShelved(ticket) ?? false;
  }

  get shelved(): Engine['shelved'] {
    return this.#pump?.shelved ?? NONE_SHELVED;
  }

  get stacked(): Engine['stacked'] {
    return this.#pump?.stacked ?? NONE_SHELVED;
  }

  lookUpOldest(): void {
    this.#pump?.lookUpOldest();
  }

  unsentLines(): readonly WrittenLine[] | undefined {
    return this.#pump?.unsentLines();
  }

  unsent(flags: WriteFlags): number {
    return this.#pump?.unsent(flags) ?? Infinity;
  }

  read(): string | undefined {
    return this.#pump?.read();
  }

  take(): TakenLine | undefined {
    return this.#pump?.take();
  }

  done(line: TakenLine): void {
    this.#pump?.done(line);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#pump !== undefined) return this.#pump.close();
    const closed = this.#loading.then((pump) => pump.close());
    await settlesWithin(this.clock, this.#closeTimeoutMs, closed);
  }

  #begin(pump: Pump): void {
    this.#pump = pump;
    if (this.#handlers !== undefined) pump.start(this.#handlers);
    pump.roomWanted = this.#roomWanted;
    pump.wake();
  }
}

const NO_STATS: SessionStats = {
  protocol: undefined,
  sent: 0,
  received: 0,
  retransmitted: 0,
  duplicatesDropped: 0,
  unsafeDropped: 0,
  outages: 0,
  protocolErrors: 0,
};
