/**
 * One of our sessions in the place of an original: the other end's recorded chunks come in at their recorded times, in
 * virtual time, and what the original at this end wrote is written through ours at the time at which it first went out.
 */
import { HelloReader } from '@iot/framing';
import { Session, type SessionEvent } from '../../src/index.js';
import { isMessage, linesOf, type End, type Entry } from './recording.js';

/** A line on the wire, when and on which connection. */
export interface Sent {
  readonly at: number;
  readonly conn: number;
  readonly line: string;
}

export interface Replay {
  readonly session: Session;
  /** The hello of each connection: what the recorded client said, or what ours did. */
  readonly hellos: readonly string[];
  /** Lines that our session sent, keepalives ('') among them, hellos not. */
  readonly ours: readonly Sent[];
  /** Lines that came from the recorded peer while our link was open, hellos not. */
  readonly theirs: readonly Sent[];
  /** Lines that the original in our place sent, hellos not. */
  readonly original: readonly Sent[];
  /** When each of our writes to the transport was made. */
  readonly writes: readonly { readonly at: number; readonly conn: number }[];
  /** When our link on each connection was open. */
  readonly links: { readonly conn: number; readonly from: number; to: number }[];
  readonly delivered: readonly string[];
  readonly events: readonly (SessionEvent & { readonly at: number })[];
  /** Lines written through our session. */
  readonly written: number;
}

export interface ReplayOptions {
  /** The end that is ours. */
  readonly role: End;
  readonly timeout: number;
  /** The client's id. */
  readonly id: string;
  /** The connections of one run of our end, which has one session. */
  readonly conns: readonly number[];
  readonly maxInFlight?: number;
}

export function replay(entries: readonly Entry[], options: ReplayOptions): Replay {
  const player = new Player(options);
  for (const entry of entries) if (options.conns.includes(entry.conn)) player.play(entry);
  return player;
}

/** At one time: a deadline, the further turn that comes before a link ends by silence, and what these bring. */
const MOST_TICKS = 10;

class Player implements Replay {
  readonly session: Session;
  readonly hellos: string[] = [];
  readonly ours: Sent[] = [];
  readonly theirs: Sent[] = [];
  readonly original: Sent[] = [];
  readonly writes: { at: number; conn: number }[] = [];
  readonly links: { conn: number; from: number; to: number }[] = [];
  readonly delivered: string[] = [];
  readonly events: (SessionEvent & { at: number })[] = [];
  readonly #role: End;
  readonly #written = new Set<string>();
  #now = 0;
  #conn = 0;
  /** At a server, until the hello has come. */
  #helloReader: HelloReader | undefined;
  /** At a client, until its own hello has gone out, and the original's has been seen. */
  #helloDue = false;
  #originalHelloDue = false;

  constructor({ role, timeout, id, maxInFlight }: ReplayOptions) {
    this.#role = role;
    this.session = new Session({ role, timeout, id, maxInFlight });
  }

  get written(): number {
    return this.#written.size;
  }

  play(entry: Entry): void {
    this.#advance(entry.at);
    switch (entry.type) {
      case 'open':
        this.#conn = entry.conn;
        this.#originalHelloDue = this.#role === 'client';
        if (this.#role === 'server') this.#helloReader = new HelloReader(256);
        else this.#open();
        break;
      case 'close':
        if (entry.conn === this.#conn) {
          this.session.linkClosed(entry.at, entry.by === this.#role ? 'closed' : entry.how);
        }
        break;
      case 'chunk':
        if (entry.from === this.#role) this.#write(entry.bytes);
        else this.#receive(entry.bytes);
    }
    this.#settle();
  }

  /** Lets time pass up to `at`. What is due at that very time comes after what is read then. */
  #advance(at: number): void {
    let ticks = 0;
    while (this.session.nextDeadline() < at) {
      ticks = this.session.nextDeadline() > this.#now ? 1 : ticks + 1;
      if (ticks > MOST_TICKS) throw new Error('a deadline stays due after its tick');
      this.#now = Math.max(this.#now, this.session.nextDeadline());
      this.session.tick(this.#now);
      this.#settle();
    }
    this.#now = at;
  }

  #open(): void {
    this.session.open(this.#now);
    this.#helloDue = this.#role === 'client';
    this.links.push({ conn: this.#conn, from: this.#now, to: Infinity });
  }

  #receive(bytes: Uint8Array): void {
    let chunk = bytes;
    if (this.#helloReader !== undefined) {
      const hello = this.#helloReader.push(chunk);
      if (hello === undefined) return;
      this.hellos.push(hello.id);
      this.#helloReader = undefined;
      chunk = hello.rest;
      this.#open();
      // Its owner sends the first keepalive before it reads on.
      this.#settle();
    }
    if (!this.session.linkOpen) return;
    this.theirs.push(...this.#sent(chunk));
    this.session.receive(chunk, this.#now);
  }

  /** The original at our end sent this: what it sent for the first time is written through our session now. */
  #write(bytes: Uint8Array): void {
    const sent = this.#sent(bytes);
    if (this.#originalHelloDue) sent.shift();
    this.#originalHelloDue = false;
    this.original.push(...sent);
    const messages = sent.filter(({ line }) => isMessage(line));
    for (const { line } of messages) {
      if (this.#written.has(line)) continue;
      this.#written.add(line);
      // Several in one chunk: the original wrote them with wait false.
      this.session.write(line.slice(2), { wait: messages.length === 1 });
    }
  }

  /** What the owner of a session does after each call. */
  #settle(): void {
    for (const event of this.session.takeEvents()) {
      this.events.push({ ...event, at: this.#now });
      if (event.type === 'down') this.links.at(-1)!.to = this.#now;
    }
    for (let bytes = this.session.takeOutput(this.#now); bytes; bytes = this.session.takeOutput(this.#now)) {
      const sent = this.#sent(bytes);
      if (this.#helloDue) this.hellos.push(sent.shift()!.line);
      this.#helloDue = false;
      this.writes.push({ at: this.#now, conn: this.#conn });
      this.ours.push(...sent);
    }
    for (let line = this.session.read(); line !== undefined; line = this.session.read())
      this.delivered.push(line);
  }

  #sent(bytes: Uint8Array): Sent[] {
    return linesOf(bytes).map((line) => ({ at: this.#now, conn: this.#conn, line }));
  }
}
