/**
 * The worker processes of one run. If a worker ends early, the run ends. At the end of the run all workers
 * are ended.
 */
import { RunScope } from './run-scope.js';
import { WorkerProcess, type Message, type WorkerOptions } from './worker-process.js';

export class ProcessGroup<Order, News extends Message> extends RunScope implements AsyncDisposable {
  readonly #workers = new Set<WorkerProcess<Order, News>>();
  readonly #print: (name: string, line: string) => void;

  /**
   * @param stop aborted to end the run early
   * @param print called with each line that a worker prints
   */
  constructor(stop: AbortSignal, print: (name: string, line: string) => void) {
    super(stop);
    this.#print = print;
  }

  start({ heard, ...options }: WorkerOptions<News>): WorkerProcess<Order, News> {
    this.over.throwIfAborted();
    const worker = new WorkerProcess<Order, News>({
      ...options,
      print: (line) => {
        this.#print(options.name, line);
      },
      heard: (news) => {
        heard?.(news);
        this.changed();
      },
    });
    this.#workers.add(worker);
    void worker.ended.then((how) => {
      if (worker.askedToEnd) return;
      const last = worker.lastError === '' ? '' : `: ${worker.lastError}`;
      this.fail(new Error(`${worker.name} ended before its time (${how})${last}`));
    });
    return worker;
  }

  /** Kills a worker, and removes it from the group. */
  async kill(worker: WorkerProcess<Order, News>): Promise<void> {
    await worker.kill();
    this.#workers.delete(worker);
  }

  /** Ends all workers. Resolves when all have ended. Rejects if one has failed. */
  async end(): Promise<void> {
    const hows = await Promise.all(
      [...this.#workers].map(async (worker) => ({ name: worker.name, how: await worker.end() })),
    );
    const bad = hows.filter(({ how }) => how !== 0).map(({ name, how }) => `${name} (${how})`);
    if (bad.length > 0) this.fail(new Error(`did not end well: ${bad.join(', ')}`));
    this.throwIfFailed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end().catch(() => undefined);
  }
}
