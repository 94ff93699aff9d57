import { OriginalClient, type OriginalClientOptions } from '../src/original-client.js';
import { OriginalServer } from '../src/original-server.js';

export type Side = 'client' | 'server';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A fixed sequence that looks random: the tests' only source of chance. */
export function sequence(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

export interface Sent {
  readonly at: number;
  readonly from: Side;
  readonly link: number;
  readonly text: string;
}

export interface RigOptions extends Partial<OriginalClientOptions> {
  readonly seed?: number;
  /** From the hello's arrival until the server has read it. Default 125 ms, as in the transcripts. */
  readonly helloMs?: number;
  /** The client comes back by itself after an outage. Default true. */
  readonly reconnects?: boolean;
}

/**
 * The two originals on a cable without latency: just enough of a world to replay the recorded sessions.
 * `lose` and `cut` say which writes never arrive, and whether the link goes with them.
 */
export class Rig {
  now = 0;
  client: OriginalClient;
  server: OriginalServer;
  readonly sent: Sent[] = [];
  readonly lost: string[] = [];
  /** Writes that vanish while the link stays up. */
  lose: (write: Sent) => boolean = () => false;
  /** Writes that vanish together with the link. */
  cut: (write: Sent) => boolean = () => false;
  links = 0;
  readonly #options: RigOptions;
  #due: { at: number; run: () => void }[] = [];
  #connected = false;
  #helloRead = false;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    const { timeoutMs = 2_000 } = options;
    this.client = this.newClient();
    this.server = new OriginalServer({ timeoutMs, random: sequence(options.seed) });
  }

  newClient(): OriginalClient {
    return new OriginalClient({ id: '1', ...this.#options });
  }

  connect(): this {
    this.links += 1;
    this.#connected = true;
    this.#helloRead = false;
    this.client.open(this.now);
    return this;
  }

  /** The link dies; both ends see it. */
  drop(how: 'fin' | 'reset' = 'fin'): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.client.linkClosed();
    this.server.linkClosed(this.now, how);
    this.#comeBack();
  }

  /** Kills the client and starts another, which connects after `afterMs`. */
  restartClient(afterMs: number): void {
    this.#connected = false;
    this.server.linkClosed(this.now, 'fin');
    this.client = this.newClient();
    this.at(this.now + afterMs, () => this.connect());
  }

  at(time: number, run: () => void): void {
    this.#due.push({ at: time, run });
  }

  write(side: Side, line: string, options = {}) {
    return this[side].write(line, options, this.now);
  }

  /** Hands bytes straight to the server, as a client's segment of its own. */
  toServer(text: string): void {
    this.server.receive(encoder.encode(text), this.now);
  }

  read(side: Side): string[] {
    const lines: string[] = [];
    for (let line = this[side].readline(); line !== undefined; line = this[side].readline()) lines.push(line);
    return lines;
  }

  /** The writes that reached the wire, as `> text` from the client and `< text` from the server, no keepalives. */
  get frames(): string[] {
    return this.sent
      .filter(({ text }) => text !== '\n')
      .map(({ from, text }) => `${from === 'client' ? '>' : '<'} ${text.trimEnd()}`);
  }

  run(ms: number): this {
    const until = this.now + ms;
    for (;;) {
      this.#settle();
      const next = Math.min(
        this.client.nextDeadline(),
        this.server.nextDeadline(),
        ...this.#due.map(({ at }) => at),
      );
      if (next > until) break;
      this.now = Math.max(this.now, next);
      const due = this.#due.filter(({ at }) => at <= this.now);
      this.#due = this.#due.filter(({ at }) => at > this.now);
      for (const { run } of due) run();
      if (this.client.nextDeadline() <= this.now) this.client.tick(this.now);
      if (this.server.nextDeadline() <= this.now) this.server.tick(this.now);
    }
    this.now = until;
    return this;
  }

  #settle(): void {
    let moved: boolean;
    do {
      moved = this.#pump('client') || this.#pump('server');
      if (this.server.linkOpen) this.#helloRead = true;
      const serverGaveUp = this.#helloRead && !this.server.linkOpen;
      if (!moved && this.#connected && (serverGaveUp || !this.client.linkOpen)) this.drop();
    } while (moved);
  }

  #pump(from: Side): boolean {
    const bytes = this.#connected ? this[from].takeOutput(this.now) : undefined;
    if (bytes === undefined) return false;
    const write = { at: this.now, from, link: this.links, text: decoder.decode(bytes) };
    if (this.cut(write)) {
      this.lost.push(write.text);
      this.drop();
    } else if (this.lose(write)) this.lost.push(write.text);
    else {
      this.sent.push(write);
      this.#deliver(from, bytes, write.text);
    }
    return true;
  }

  #deliver(from: Side, bytes: Uint8Array, text: string): void {
    if (from === 'server') this.client.receive(bytes, this.now);
    else if (this.server.linkOpen) this.server.receive(bytes, this.now);
    else if (text === '1\n') {
      const link = this.links;
      this.at(this.now + (this.#options.helloMs ?? 125), () => {
        if (this.#connected && this.links === link) this.server.open(this.now);
      });
    }
  }

  #comeBack(): void {
    if (this.#options.reconnects === false) return;
    this.at(this.now + this.client.reconnectDelayMs, () => this.connect());
  }
}
