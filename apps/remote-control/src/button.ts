/** A push button, or what replaces one. */
export interface Button {
  readonly on: boolean;
  /** Calls back at each change until `stop` is aborted, and resolves then; rejects when the button fails. */
  watch(changed: (on: boolean) => void, stop: AbortSignal): Promise<void>;
}

/** A button for a key, which is not seen to be released: one press switches it on, the next one off. */
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
