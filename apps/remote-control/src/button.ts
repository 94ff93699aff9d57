/** A push button, or a replacement for one. */
export interface Button {
  readonly on: boolean;
  /**
   * Calls `changed` at each change until `stop` is aborted, and then resolves. Rejects when the button fails.
   */
  watch(changed: (on: boolean) => void, stop: AbortSignal): Promise<void>;
}

/**
 * A button for a key. A release of the key cannot be detected, so one press switches the button on, and the
 * next press off.
 */
export class Toggle implements Button {
  #on = false;
  #changed: (on: boolean) => void = () => undefined;

  get on(): boolean {
    return this.#on;
  }

  press(): void {
    this.#on = !this.#on;
    this.#changed(this.#on);
  }

  watch(changed: (on: boolean) => void, stop: AbortSignal): Promise<void> {
    this.#changed = changed;
    return new Promise((resolve) => {
      const end = (): void => {
        this.#changed = () => undefined;
        resolve();
      };
      if (stop.aborted) end();
      else stop.addEventListener('abort', end, { once: true });
    });
  }
}
