import { MessageIds } from './message-ids.js';
import type { OutQueue } from './out-queue.js';
import { WriteTask, type OriginalTicket, type WriteOptions } from './ticket.js';
import { encodeMessage } from './wire-text.js';

/** Interval of the polls of the set of ids that wait for an ack. */
const POLL_MS = 50;

/**
 * The phase of a write of the original server. Each write is a task that polls. `turn`: a waiting write waits
 * until no id is waiting for an ack. `link`: waits until the link is up and not paused. `sending`: in the
 * socket's queue. `ack`: waits until its id has left the set, the link has ended or the time is over.
 */
type Phase = 'turn' | 'link' | 'sending' | 'ack';

interface Task {
  readonly write: WriteTask;
  phase: Phase;
  pollAt: number;
  sentAt: number;
}

export interface ServerWriterOptions {
  readonly timeoutMs: number;
  readonly out: OutQueue;
  /** Whether the link is up. */
  readonly linkOpen: () => boolean;
  /** Whether the pause for messages after a connection is still running. */
  readonly paused: () => boolean;
  readonly onSettled: (ticket: OriginalTicket) => void;
}

/**
 * The writes of the original server for one client id.
 *
 * All writes share one set of ids that wait for an ack. A waiting write starts when the set is empty. The set
 * also contains lines without qos. If one of these lines is lost, no later waiting write is ever sent (bug
 * 4).
 */
export class ServerWriter {
  readonly #options: ServerWriterOptions;
  readonly #linkPollMs: number;
  readonly #ids = new MessageIds();
  readonly #unacked = new Set<number>();
  #tasks: Task[] = [];

  constructor(options: ServerWriterOptions) {
    this.#options = options;
    this.#linkPollMs = options.timeoutMs / 10;
  }

  write(line: string, options: WriteOptions, now: number): OriginalTicket {
    const task: Task = { write: new WriteTask(line, options), phase: 'turn', pollAt: now, sentAt: 0 };
    this.#tasks.push(task);
    this.tick(now);
    return task.write;
  }

  acked(ids: readonly number[]): void {
    for (const id of ids) this.#unacked.delete(id);
  }

  /** Tasks that were waiting during an outage poll again at their next interval. */
  opened(now: number): void {
    for (const task of this.#tasks) {
      const everyMs = task.phase === 'turn' ? POLL_MS : this.#linkPollMs;
      const beats = Math.ceil((now - task.pollAt) / everyMs);
      if (beats > 0 && task.phase !== 'ack') task.pollAt += beats * everyMs;
    }
  }

  /** The link has ended: the lines in the socket's queue were not sent, and wait for the next link. */
  closed(now: number): void {
    for (const task of this.#tasks) {
      if (task.phase !== 'sending') continue;
      task.phase = 'link';
      task.pollAt = now;
    }
  }

  nextDeadline(): number {
    return this.#tasks.reduce((soonest, task) => Math.min(soonest, this.#wakesAt(task)), Infinity);
  }

  tick(now: number): void {
    for (const task of [...this.#tasks]) {
      while (!task.write.settled && this.#wakesAt(task) <= now) this.#look(task, now);
    }
    this.#tasks = this.#tasks.filter((task) => !task.write.settled);
  }

  /** A task in `turn` or `link` need not be woken without a link, because nothing can change for it. */
  #wakesAt(task: Task): number {
    const { linkOpen } = this.#options;
    if (task.phase === 'sending') return Infinity;
    if (task.phase === 'link' && !linkOpen()) return Infinity;
    if (task.phase === 'turn' && task.write.id === undefined && !linkOpen() && !this.#mayStart(task)) {
      return Infinity;
    }
    return task.pollAt;
  }

  #mayStart({ write }: Task): boolean {
    return !(write.qos && write.wait) || this.#unacked.size === 0;
  }

  #look(task: Task, now: number): void {
    const { timeoutMs, linkOpen, paused } = this.#options;
    switch (task.phase) {
      case 'turn':
        if (this.#mayStart(task)) this.#start(task);
        else task.pollAt += POLL_MS;
        return;
      case 'link':
        if (paused()) task.pollAt += this.#linkPollMs;
        else this.#send(task);
        return;
      case 'ack':
        // An outage or the timeout is checked before an ack that arrived in the meantime, so the line is sent
        // again.
        if (!linkOpen() || now - task.sentAt > timeoutMs) task.phase = 'link';
        else this.#checkAck(task);
        return;
      case 'sending':
        return;
    }
  }

  #start(task: Task): void {
    task.write.id = this.#ids.next();
    this.#unacked.add(task.write.id);
    task.phase = 'link';
  }

  #send(task: Task): void {
    const { id, line, qos } = task.write;
    if (id === undefined) return;
    task.phase = 'sending';
    this.#options.out.push(encodeMessage(id, line), (now) => {
      if (!qos) {
        this.#settle(task);
        return;
      }
      task.phase = 'ack';
      task.sentAt = now;
      task.pollAt = now;
      this.#checkAck(task);
    });
  }

  #checkAck(task: Task): void {
    if (task.write.id !== undefined && this.#unacked.has(task.write.id)) task.pollAt += POLL_MS;
    else this.#settle(task);
  }

  #settle(task: Task): void {
    task.write.settled = true;
    this.#options.onSettled(task.write);
  }
}
