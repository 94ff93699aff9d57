/**
 * All states of the sessions of one end, each with a number, and the outcome of each operation in each state.
 *
 * The behaviour of a session depends only on its state, its input and the elapsed time. So each operation is
 * performed once per state, on a copy of the session, and its outcome is cached. Sessions in equal states
 * (snapshot.ts) get the same number, and only the first session is kept. Each kept session has its own clock,
 * which begins far from 0, so that a time field that was never set (0) is in the distant past.
 */
import { createHash } from 'node:crypto';
import type { LinkEnd, Session, SessionLog } from '@iot/qos';
import type { Interned } from './interned.js';
import { TIMEOUT_MS } from './protocols.js';
import { canonical, copyOf } from './snapshot.js';
import { appendDue, completeAppend, isDone, newLog, sessionLog, type Process } from './stored.js';
import { Violation } from './violation.js';

export type Operation =
  | { readonly type: 'write'; readonly text: string; readonly wait: boolean; readonly qos: boolean }
  | { readonly type: 'withdraw'; readonly ticket: number }
  | { readonly type: 'read' | 'tick' | 'open' }
  | { readonly type: 'append' }
  /** The process dies, and the n-th process starts. */
  | { readonly type: 'die'; readonly appended: boolean; readonly process: number }
  | { readonly type: 'receive'; readonly bytes: number }
  /** The server has read a hello: `open`, and then the bytes after the hello. */
  | { readonly type: 'admit'; readonly bytes: number }
  | { readonly type: 'linkClosed'; readonly how: 'closed' | 'fin' };

/** The result of an operation. */
export interface Outcome {
  readonly next: number;
  /** Bytes for each write to the transport, interned. */
  readonly sent: readonly number[];
  readonly lines: readonly Read[];
  readonly settled: readonly number[];
  /** Other events, for the report. */
  readonly events: readonly string[];
  /** Why the link ended, if it did. */
  readonly ended: LinkEnd | undefined;
  /** The peer reports lines as settled that have not arrived. */
  readonly missed: boolean;
  /** Number of lines that arrived again. */
  readonly duplicates: number;
  /** What `withdraw` returned. */
  readonly withdrawn: boolean;
}

/** A line that was read. */
interface Read {
  readonly text: string;
  /** An earlier process may have delivered it to its application. */
  readonly redelivered: boolean;
}

/** One state of an end. */
interface State extends Process {
  readonly now: number;
  /** Time until the next deadline, in ms. */
  readonly dueIn: number;
  readonly unread: boolean;
  readonly awaitsAnswer: boolean;
  readonly outcomes: Map<string, Outcome>;
  readonly later: Map<number, number>;
}

export interface EndSettings {
  /** Makes the session of the n-th process of this end. */
  readonly make: (process: number, log?: SessionLog) => Session;
  /** The session is stored and survives its processes. */
  readonly stored: boolean;
  /** Lines are read on arrival. */
  readonly readAtOnce: boolean;
}

const BEGINNING_MS = 1e9;
/** Maximum number of writes of one operation. More means that the output never ends. */
const MOST_OUTPUT = 100;

export class Ends {
  readonly #settings: EndSettings;
  readonly #chunks: Interned;
  readonly #states: State[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #processes: number[] = [];

  constructor(settings: EndSettings, chunks: Interned) {
    this.#settings = settings;
    this.#chunks = chunks;
  }

  /** Number of states. */
  get size(): number {
    return this.#states.length;
  }

  /** The initial state of the n-th process. */
  start(process: number): number {
    return (this.#processes[process] ??= this.#add(this.#first(process), BEGINNING_MS));
  }

  #first(process: number): Process {
    if (!this.#settings.stored) return { session: this.#settings.make(process), log: undefined };
    const log = newLog();
    return { session: this.#settings.make(process, sessionLog(log, process)), log };
  }

  /** Whether an append is pending. */
  appends(end: number): boolean {
    return this.#states[end]!.log?.inFlight !== undefined;
  }

  /** Number of writes: of this process or, with a store, of this session. */
  writes(end: number): number {
    return (this.#states[end]!.session as unknown as OpenSession).$tickets;
  }

  /** ms until the next deadline, at least 0; Infinity when there is none. */
  dueIn(end: number): number {
    return this.#states[end]!.dueIn;
  }

  hasUnread(end: number): boolean {
    return this.#states[end]!.unread;
  }

  linkOpen(end: number): boolean {
    return this.#states[end]!.session.linkOpen;
  }

  /** Whether the client has offered version 2 and waits for the answer. */
  awaitsAnswer(end: number): boolean {
    return this.#states[end]!.awaitsAnswer;
  }

  /** The state after this time has passed. */
  later(end: number, ms: number): number {
    const { session, log, now, later } = this.#states[end]!;
    let next = later.get(ms);
    if (next === undefined) later.set(ms, (next = this.#add({ session, log }, now + ms)));
    return next;
  }

  do(end: number, operation: Operation): Outcome {
    const { session, log, now, outcomes } = this.#states[end]!;
    const key = keyOf(operation);
    let outcome = outcomes.get(key);
    if (outcome === undefined)
      outcomes.set(key, (outcome = this.#run(copyOf({ session, log }), operation, now)));
    return outcome;
  }

  #run(before: Process, operation: Operation, now: number): Outcome {
    const process = operation.type === 'die' ? this.#next(before, operation) : before;
    const { session } = process;
    const lines: Read[] = [];
    const { duplicatesDropped } = session.stats;
    const withdrawn = this.#operate(process, operation, now);
    if (operation.type === 'read') lines.push(...line(process));
    while (this.#settings.readAtOnce) {
      const read = line(process);
      if (read.length === 0) break;
      lines.push(...read);
    }
    const sent: number[] = [];
    for (let bytes = session.takeOutput(now); bytes !== undefined; bytes = session.takeOutput(now)) {
      sent.push(this.#chunks.number(Buffer.from(bytes).toString('latin1')));
      if (sent.length > MOST_OUTPUT) throw new Violation('takeOutput never ends');
    }
    const events = session.takeEvents();
    appendDue(process);
    return {
      next: this.#add(process, now),
      sent,
      lines,
      settled: events.flatMap((event) => (event.type === 'settled' ? [event.ticket] : [])),
      events: events.flatMap((event) => (event.type === 'settled' ? [] : [shown(event)])),
      ended: events.find((event) => event.type === 'down')?.reason,
      missed: events.some((it) => it.type === 'peer-error' && it.error.code === 'ERR_LINES_MISSED'),
      duplicates: session.stats.duplicatesDropped - duplicatesDropped,
      withdrawn,
    };
  }

  /** The next process after this one. */
  #next({ log = newLog() }: Process, { appended, process }: Operation & { type: 'die' }): Process {
    if (appended) completeAppend(log);
    log.inFlight = undefined;
    return { session: this.#settings.make(process, sessionLog(log, process)), log };
  }

  /** What `withdraw` returned; false for all others. */
  #operate({ session, log }: Process, operation: Operation, now: number): boolean {
    switch (operation.type) {
      case 'append':
        if (log === undefined) return false;
        completeAppend(log);
        session.stored(log.last);
        return false;
      case 'die':
        return false;
      case 'write':
        session.write(operation.text, { wait: operation.wait, qos: operation.qos });
        return false;
      case 'withdraw':
        return session.withdraw(operation.ticket);
      case 'read':
        return false;
      case 'tick':
        session.tick(now);
        return false;
      case 'open':
        session.open(now);
        return false;
      case 'admit':
        session.open(now);
        session.receive(this.#bytes(operation.bytes), now);
        return false;
      case 'receive':
        session.receive(this.#bytes(operation.bytes), now);
        return false;
      case 'linkClosed':
        session.linkClosed(now, operation.how);
        return false;
    }
  }

  #bytes(chunk: number): Uint8Array {
    return Uint8Array.from(Buffer.from(this.#chunks.text(chunk), 'latin1'));
  }

  #add(process: Process, now: number): number {
    const { session, log } = process;
    const snapshot = canonical(log === undefined ? session : process, now, TIMEOUT_MS);
    const key = createHash('sha1').update(snapshot).digest('base64');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const deadline = session.nextDeadline();
    if (Number.isNaN(deadline)) throw new Violation('nextDeadline is not a number');
    const dueIn = Math.max(0, deadline - now);
    // A line that is not stored yet cannot be read.
    const unread = session.unread > 0 && log?.inFlight === undefined;
    const awaitsAnswer = isAwaiting(session, now);
    const state = { ...process, now, dueIn, unread, awaitsAnswer, outcomes: new Map(), later: new Map() };
    const number = this.#states.push(state) - 1;
    this.#numbers.set(key, number);
    return number;
  }
}

/** The fields of a session that are read here. */
interface OpenSession {
  readonly $tickets: number;
  readonly $link?: {
    readonly $negotiation?: object;
    readonly state: { readonly up: boolean; settlesAt(now: number): number };
  };
}

function isAwaiting(session: Session, now: number): boolean {
  const { $link: link } = session as unknown as OpenSession;
  return link?.$negotiation !== undefined && link.state.up && link.state.settlesAt(now) < Infinity;
}

function keyOf(operation: Operation): string {
  switch (operation.type) {
    case 'write':
      return `write ${operation.text}`;
    case 'withdraw':
      return `withdraw ${operation.ticket}`;
    case 'receive':
    case 'admit':
      return `${operation.type} ${operation.bytes}`;
    case 'linkClosed':
      return operation.how;
    case 'die':
      return `die ${operation.process} ${operation.appended}`;
    case 'append':
    case 'read':
    case 'tick':
    case 'open':
      return operation.type;
  }
}

/** Reads the next line, and marks it as done at once. */
function line({ session, log }: Process): readonly Read[] {
  const read = session.take();
  if (read === undefined) return [];
  const { text, place, redelivered } = read;
  if (log !== undefined && isDone(log, place))
    throw new Violation(`"${text}" came again though it was stored as done`);
  session.done(read);
  return [{ text, redelivered }];
}

function shown(event: ReturnType<Session['takeEvents']>[number]): string {
  switch (event.type) {
    case 'down':
      return `down (${event.reason})`;
    case 'peer-error':
      return `peer-error (${event.error.message})`;
    case 'up':
    case 'keepalive':
    case 'settled':
    case 'protocol':
      return event.type;
  }
}
