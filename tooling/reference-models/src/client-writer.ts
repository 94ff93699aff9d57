import { MessageIds } from './message-ids.js';
import type { OutQueue } from './out-queue.js';
import { WriteTask, type OriginalTicket, type WriteOptions } from './ticket.js';
import { encodeMessage } from './wire-text.js';

/**
 * The phase of a write of the original client: `lock`: waits until the previous waiting write is done. `up`:
 * waits until the link is up. `sending`: in the socket's queue. `ack`: waits until its id is acked or it must
 * be sent again.
 */
type Phase = 'lock' | 'up' | 'sending' | 'ack';

interface Task {
  readonly write: WriteTask;
  phase: Phase;
  resendAt: number;
}

export interface ClientWriterOptions {
  /** Time after which an unacked write is sent again. An outage does not stop this timer. */
  readonly resendMs: number;
  readonly out: OutQueue;
  readonly up: () => boolean;
  readonly onSettled: (ticket: OriginalTicket) => void;
}

/**
 * The writes of the original client. Writes with `wait` are sent one at a time under a lock, all others at
 * once.
 */
export class ClientWriter {
  readonly #options: ClientWriterOptions;
  readonly #ids = new MessageIds();
  readonly #unacked = new Set<number>();
  #tasks: Task[] = [];
  #lock: Task | undefined;

  constructor(options: ClientWriterOptions) {
    this.#options = options;
  }

  write(line: string, options: WriteOptions, now: number): OriginalTicket {
    const task: Task = { write: new WriteTask(line, options), phase: 'lock', resendAt: Infinity };
    this.#tasks.push(task);
    this.advance(now);
    return task.write;
  }

  acked(id: number): void {
    this.#unacked.delete(id);
  }

  /** The link has ended: the lines in the socket's queue were not sent, and wait for the next link. */
  closed(): void {
    for (const task of this.#tasks) if (task.phase === 'sending') task.phase = 'up';
  }

  nextDeadline(): number {
    return this.#tasks.reduce((soonest, task) => Math.min(soonest, task.resendAt), Infinity);
  }

  /** Advances every write as far as possible. */
  advance(now: number): void {
    let settled: boolean;
    do {
      settled = false;
      for (const task of this.#tasks) settled = this.#move(task, now) || settled;
      this.#tasks = this.#tasks.filter((task) => !task.write.settled);
    } while (settled);
  }

  /** Returns true if the write was settled, so that another write may begin. */
  #move(task: Task, now: number): boolean {
    if (task.write.settled) return false;
    if (task.phase === 'ack' && this.#isAcked(task)) return this.#settle(task);
    if (task.phase === 'ack' && task.resendAt <= now) {
      task.phase = 'up';
      task.resendAt = Infinity;
    }
    if (task.phase === 'lock') this.#start(task);
    if (task.phase === 'up' && this.#options.up()) this.#send(task);
    return false;
  }

  #start(task: Task): void {
    if (task.write.qos && task.write.wait) {
      if (this.#lock !== undefined) return;
      this.#lock = task;
    }
    task.write.id = this.#ids.next();
    this.#unacked.add(task.write.id);
    task.phase = 'up';
  }

  #send(task: Task): void {
    const { id, line, qos } = task.write;
    if (id === undefined) return;
    task.phase = 'sending';
    this.#options.out.push(encodeMessage(id, line), (now) => {
      task.phase = 'ack';
      task.resendAt = now + this.#options.resendMs;
      if (!qos || this.#isAcked(task)) this.#settle(task);
    });
  }

  #isAcked({ write }: Task): boolean {
    return write.id !== undefined && !this.#unacked.has(write.id);
  }

  #settle(task: Task): true {
    task.write.settled = true;
    task.resendAt = Infinity;
    if (this.#lock === task) this.#lock = undefined;
    this.#options.onSettled(task.write);
    return true;
  }
}
