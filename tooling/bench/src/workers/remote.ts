/** Remote calls from the bench to its worker processes. Each call is answered. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { stopped, work, type ProcessGroup, type WorkerProcess } from '@iot/app-kit';

interface Order {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly type: 'answer';
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export type Workers = ProcessGroup<Order, Answer>;

/** The part of a role that every worker understands. */
export interface Placed {
  /** The core to which the worker and all processes that it starts are bound. Default: none. */
  readonly core?: number | undefined;
}

/** The functions of a worker that can be called. */
export type Handlers<H> = { [N in keyof H]: (argument: never) => unknown };
type Argument<F> = F extends (argument: infer A) => unknown ? A : never;
type Result<F> = F extends (argument: never) => infer R ? Awaited<R> : never;

export class Remote<H extends Handlers<H>> {
  readonly #workers: Workers;
  readonly #process: WorkerProcess<Order, Answer>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  /**
   * Starts a worker.
   *
   * @param role the argument of the worker's `answerCalls`
   */
  constructor(workers: Workers, program: URL, name: string, role: object) {
    this.#workers = workers;
    const heard = (answer: Answer): void => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    };
    this.#process = workers.start({ name, program, role, heard });
  }

  /**
   * Calls a function of the worker, and waits for the answer.
   *
   * @param extraMs how much longer than 30 s the answer may take
   */
  async call<N extends keyof H & string>(
    name: N,
    argument: Argument<H[N]>,
    extraMs = 0,
  ): Promise<Result<H[N]>> {
    const id = this.#calls++;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#process.ask({ id, name, argument });
    const { value, error } = await this.#workers.within(`${this.#process.name}, ${name}`, answer, extraMs);
    if (error !== undefined) throw new Error(`${this.#process.name}, ${name}: ${error}`);
    return value as Result<H[N]>;
  }

  /** Kills the worker, so that its peers are not notified. */
  async end(): Promise<void> {
    await this.#process.end();
  }
}

/**
 * The worker's side: answers calls until the process is asked to end.
 *
 * @param handlers makes the callable functions from the worker's role
 */
export function answerCalls(handlers: (role: never) => object | Promise<object>): Promise<void> {
  return work<never, Order, Answer>(async ({ role, stop, tell, onOrder }) => {
    stayOn((role as Placed).core);
    const made = Promise.resolve(handlers(role));
    made.catch(() => undefined); // the first call reports it
    const answer = async ({ name, argument }: Order): Promise<{ value: unknown } | { error: string }> => {
      try {
        const calls = (await made) as Record<string, (argument: unknown) => unknown>;
        return { value: await calls[name]!(argument) };
      } catch (error) {
        return { error: String(error) };
      }
    };
    onOrder((order) => {
      void answer(order).then((result) => tell({ type: 'answer', id: order.id, ...result }));
    });
    await stopped(stop);
    process.exit();
  });
}

function stayOn(core: number | undefined): void {
  if (core === undefined || process.platform !== 'linux' || core >= availableParallelism()) return;
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(process.pid)], {
    stdio: 'ignore',
  });
}
