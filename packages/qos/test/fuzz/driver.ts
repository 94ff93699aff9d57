import { Session, type SessionOptions } from '../../src/index.js';
import type { Step } from './steps.js';

export const TIMEOUT_MS = 1000;
const MAX_UNREAD = 4;

/** One session whose time moves when told; what must hold at all times is checked after each step. */
export class Driver {
  readonly session: Session;
  /** All lines that were read, in order. */
  readonly read: string[] = [];
  now = 0;
  #written = 0;

  constructor(options: Pick<SessionOptions, 'role' | 'protocol'>, epoch: string) {
    const limits = { timeout: TIMEOUT_MS, maxUnreadLines: MAX_UNREAD, maxLineBytes: 200 };
    this.session = new Session({ ...options, ...limits, id: 'board', drawEpoch: () => epoch });
  }

  do(step: Step): void {
    const { session } = this;
    switch (step.kind) {
      case 'receive':
        session.receive(step.bytes, this.now);
        break;
      case 'pass':
        this.pass(step.ms);
        break;
      case 'end':
        session.linkClosed(this.now, step.how);
        break;
      case 'write':
        session.write(`line ${this.#written++}`, step);
        break;
      case 'withdraw':
        if (step.ticket < this.#written) session.withdraw(step.ticket);
        break;
      case 'read':
        this.readAll();
        break;
      case 'open':
        if (!session.linkOpen) session.open(this.now);
        break;
      case 'probe':
        session.probe(this.now);
        break;
      case 'backPressure':
        session.backPressure(step.on);
    }
    this.output();
    this.#check();
  }

  readAll(): void {
    for (let line = this.session.read(); line !== undefined; line = this.session.read()) this.read.push(line);
  }

  /** Lets time pass, from one deadline to the next. What goes out is lost. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let ticks = 0; this.session.nextDeadline() <= end; ticks++) {
      if (ticks > 100 + ms) throw new Error('there is a deadline again and again: the session spins');
      this.now = Math.max(this.now, this.session.nextDeadline());
      this.tick();
      this.output();
      this.now += 1;
    }
    this.now = Math.max(this.now, end);
  }

  /** The deadline is due: with the further turn that it may want. */
  tick(): void {
    for (let turn = 0; turn < 2 && this.session.nextDeadline() <= this.now; turn++)
      this.session.tick(this.now);
  }

  /** All that goes out now. */
  output(): Uint8Array {
    const chunks: Uint8Array[] = [];
    this.session.takeEvents();
    for (let chunk = this.#chunk(); chunk !== undefined; chunk = this.#chunk()) {
      if (chunks.push(chunk.slice()) > 1000) throw new Error('what goes out does not end');
    }
    return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  }

  #chunk(): Uint8Array | undefined {
    const chunk = this.session.takeOutput(this.now);
    this.session.takeEvents();
    return chunk;
  }

  #check(): void {
    const { unread, unacked } = this.session;
    if (unread > 2 * MAX_UNREAD) throw new Error(`${unread} lines are unread`);
    if (unacked > 250) throw new Error(`${unacked} lines are unacked`);
  }
}
