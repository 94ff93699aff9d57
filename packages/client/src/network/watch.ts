/**
 * Reports when the network is connected or lost. The output of a monitor (`nmcli monitor`) is text for people, so it is used
 * only as a sign that something changed. After each output the state of the network is checked, and the listeners are called
 * if it is different. The monitor runs while there are listeners. If it ends by itself, it is started again after a pause.
 *
 * When the first listener is added, the state counts as "connected" until the first check. So this listener is called if the
 * network is already lost. A listener that is added later is called at the next change only.
 */
import { reportUncaught } from '@iot/connection/internal';

/** The pause before a monitor that ended is started again. */
const RESTART_MS = 1000;

export interface WatchParts {
  /** Starts a monitor. Returns a function that ends it. */
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

  /** Adds a listener. Returns a function that removes it. */
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
      // A listener that was called before may have removed this one.
      if (this.#listeners.has(entry)) reportUncaught(() => entry.tell(connected));
    }
  }
}

/** A running monitor. It exists while there are listeners. */
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

  /** Checks the network, one check at a time. If it changes during a check, one more check follows. */
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

  /** If the check fails, the state counts as unchanged: NetworkManager may be restarting while the network stays connected. */
  async #isConnected(): Promise<boolean> {
    try {
      return await this.#parts.isConnected(this.#stop.signal);
    } catch {
      return this.#connected;
    }
  }
}
