import { onTestFinished } from 'vitest';
import { listen, type AuthorizeRequest, type ListenOptions, type Verdict } from '../src/index.js';

export const local = { port: 0, host: '127.0.0.1' };

/** An `authorize` whose answers the test gives, in the order in which it was asked. */
class Asked {
  readonly requests: AuthorizeRequest[] = [];
  readonly #answers: ((verdict: Verdict) => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  readonly authorize = (request: AuthorizeRequest): Promise<Verdict> => {
    this.requests.push(request);
    return new Promise((resolve) => {
      this.#answers.push(resolve);
      this.#waiting.shift()?.();
    });
  };

  /** Waits until it is asked for this time, counted from 1. */
  async times(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  answer(index: number, verdict: Verdict): void {
    this.#answers[index]!(verdict);
  }
}

/** A server that asks the test. */
export async function asking(options: ListenOptions = {}) {
  const asked = new Asked();
  const server = await listen({ ...local, authorize: asked.authorize, ...options });
  onTestFinished(() => server.close());
  return { server, asked };
}
