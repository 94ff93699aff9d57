/**
 * Reports when the network comes or goes. A monitor shows only that something changed: its output is meant for people.
 * So each thing that it says is followed by a look at the network, and the listeners hear of the difference. It runs
 * while there are listeners; when it ends by itself it is started again, after a pause.
 *
 * The first look is compared with "connected": a new listener is called if the network has gone by then.
 */
import { reportUncaught } from '@iot/connection/internal';

/** A monitor that cannot run is no reason for a busy loop. */
const RESTART_MS = 1000;

export interface WatchParts {
  /** Starts a monitor; the function returned ends it. */
  monitor(onOutput: () => void, onEnd: () => void): () => void;
  isConnected(signal: AbortSignal): Promise<boolean>;
}

type Listener = (connected: boolean) => void;

export class NetworkWatch {
  readonly #parts: WatchParts;
  readonly #listeners = new Set<{ readonly tell: Listener }>();
  #watch: Watch | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Listens; the function returned stops it. */
  onChange(listener: Listener): () => void {
    const entry = { tell: listener };
    this.#listeners.add(entry);
    this.#watch ??= new Watch(this.#parts, (connected) => this.#tell(connected));
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size > 0) return;
      this.#watch?.stop();
      this.#watch = undefined;
    };
  }

  #tell(connected: boolean): void {
    for (const entry of [...this.#listeners]) {
      // A listener called before may have stopped it.
      if (this.#listeners.has(entry)) reportUncaught(() => entry.tell(connected));
    }
  }
}

/** From the first listener to the last. */
class Watch {
  readonly #parts: WatchParts;
  readonly #tell: Listener;
  readonly #stop = new AbortController();
  #stopMonitor: () => void = () => undefined;
  #restart: NodeJS.Timeout | undefined;
  #connected = true;
  #look: 'none' | 'running' | 'running, and again' = 'none';

  constructor(parts: WatchParts, tell: Listener) {
    this.#parts = parts;
    this.#tell = tell;
    this.#monitor();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#restart);
    this.#stopMonitor();
  }

  #monitor(): void {
    this.#stopMonitor = this.#parts.monitor(
      () => void this.#changed(),
      () => {
        this.#restart = setTimeout(() => {
          this.#monitor();
        }, RESTART_MS);
      },
    );
  }

  /** One look at a time: what changes meanwhile is looked at once more. */
  async #changed(): Promise<void> {
    if (this.#look !== 'none') {
      this.#look = 'running, and again';
      return;
    }
    do {
      this.#look = 'running';
      const connected = await this.#isConnected();
      if (this.#stop.signal.aborted) return;
      if (connected === this.#connected) continue;
      this.#connected = connected;
      this.#tell(connected);
    } while (this.#another());
    this.#look = 'none';
  }

  #another(): boolean {
    return this.#look === 'running, and again';
  }

  /** Where that cannot be found out, as before: a daemon that is being updated has not taken the network away. */
  async #isConnected(): Promise<boolean> {
    try {
      return await this.#parts.isConnected(this.#stop.signal);
    } catch {
      return this.#connected;
    }
  }
}
