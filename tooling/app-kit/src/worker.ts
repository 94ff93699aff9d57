/**
 * The worker's side of a process started by a `ProcessGroup`: receives its role and orders, and sends news.
 */
import { END, runUntilStopped } from './run.js';

export interface Worker<Role, Order, News> {
  readonly role: Role;
  /** Aborted when the worker must end. */
  readonly stop: AbortSignal;
  /** Sends a message to the program that has started this worker. */
  readonly tell: (news: News) => void;
  /** Calls `act` with each order of that program. */
  readonly onOrder: (act: (order: Order) => void) => void;
}

/** Runs a worker, and sets the exit code as `run` does. `main` must return soon after `stop` is aborted. */
export function work<Role, Order, News>(
  main: (worker: Worker<Role, Order, News>) => Promise<void>,
): Promise<void> {
  return runUntilStopped(
    (stop) => {
      if (process.send === undefined) throw new Error('this program must be started by another program');
      return main({
        role: JSON.parse(process.argv[2] ?? 'null') as Role,
        stop,
        tell: (news) => {
          if (process.connected) process.send?.(news);
        },
        onOrder: (act) => {
          process.on('message', (message) => {
            if (message !== END) act(message as Order);
          });
        },
      });
    },
    { hasParent: process.send !== undefined },
  );
}
