/**
 * Reads the bus as a logic analyser would, and from nothing else says who has which line: so the units' own claims can
 * be held against it.
 *
 * Theory of operation: between two pulses of reset the transfers come in one order: the initiator's size, its payload if
 * the size says so, the responder's size, its payload. A line of the board's is taken when `ack` is high after its last
 * payload, and may go on when `syn` is then low. A line of the server's has come when `ack` is low after its last
 * payload, and the board has said so when `syn` is then low. A transfer that fails ends what can be understood, up to
 * the next reset. The first line after a reset that ends in "cfg" is the configuration; what came before it was dropped.
 */
import type { BusEvent, MemoryBus, Unit } from '../../src/testing/index.js';

export interface Hearers {
  /** The initiator counts this line as taken. */
  taken(text: string): void;
  /** The board has this line, and the responder has been told so. */
  given(text: string): void;
  /** The channel ended when this line was taken and could not go on. */
  brokenAtEdge(text: string): void;
  /** The channel ended when the last of this line had been written, and the board had not said that it has it. */
  brokenOnItsWay(text: string): void;
  /** The initiator counts this line as taken; one responder died with the first of it, the next with the last. */
  tornAway(text: string): void;
  /** A unit broke the protocol. */
  violation(what: string): void;
}

type Part = 'up-size' | 'up-payload' | 'down-size' | 'down-payload' | 'nothing';
const SIDE = { 'up-size': 'initiator', 'down-size': 'responder' } as const;

/** What a unit may say of a line when the bus has shown it, and how often it did. */
export type Claim = 'taken' | 'passed' | 'come';

/** How often each line was seen, less how often it was claimed. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(text: string, count: number): number {
    const sum = (this.#counts.get(text) ?? 0) + count;
    this.#counts.set(text, sum);
    return sum;
  }
}

export class Witness {
  readonly #seen: Record<Claim, Tally> = { taken: new Tally(), passed: new Tally(), come: new Tally() };
  readonly #bus: MemoryBus;
  readonly #hearers: Hearers;
  readonly #decoder = new TextDecoder();
  #part: Part = 'nothing';
  /** A transfer is under way; `stale`, since before the last reset. */
  #transferring: 'no' | 'yes' | 'stale' = 'no';
  /** No transfer has ended since the last reset. */
  #fresh = false;
  /** What a responder that died since then had of a line, and whether another one has died after it. */
  #torn: { readonly part: string; again: boolean } | undefined;
  /** The configuration has gone over the bus since the last reset: what comes before it the responder drops. */
  #configured = false;
  #length = 0;
  #holdOff = { initiator: false, responder: false };
  #bytes: Record<'up' | 'down', number[]> = { up: [], down: [] };
  #up: { readonly text: string; edge: 'ack high' | 'syn low' } | undefined;
  #down: { readonly text: string; edge: 'ack low' | 'syn low' } | undefined;

  constructor(bus: MemoryBus, hearers: Hearers) {
    this.#bus = bus;
    this.#hearers = hearers;
    bus.observe((event) => this.#see(event));
  }

  /**
   * The board calls its line `taken`, the responder forwards it (`passed`), or the board reads a line that has `come`. A
   * violation when the bus has not shown it so often.
   */
  claim(claim: Claim, text: string): void {
    if (this.#seen[claim].add(text, -1) >= 0) return;
    if (claim === 'taken' && this.#torn?.again === true && text.startsWith(this.#torn.part)) {
      return this.#hearers.tornAway(text);
    }
    this.#hearers.violation(`"${text.slice(0, 40)}" counts as ${claim} although the bus has not shown that`);
  }

  /** A unit has died: what it was about to do is not done. */
  died(unit: Unit): void {
    if (unit === 'responder') this.#tear();
    this.#breakOff();
    // The transfer of a dead master vanishes; that of a living one is still to end.
    this.#transferring = unit === 'initiator' && this.#transferring !== 'no' ? 'stale' : 'no';
    // Before the first exchange one responder is as good as another.
    if (unit === 'initiator' || !this.#fresh) this.#part = 'nothing';
  }

  #tear(): void {
    if (this.#torn !== undefined) this.#torn.again = true;
    else if (this.#bytes.up.length > 0)
      this.#torn = { part: this.#text(this.#bytes.up).slice(1), again: false };
  }

  #text(bytes: readonly number[]): string {
    return this.#decoder.decode(new Uint8Array(bytes));
  }

  #breakOff(): void {
    if (this.#up?.edge === 'syn low') this.#hearers.brokenAtEdge(this.#up.text);
    if (this.#down !== undefined) this.#hearers.brokenOnItsWay(this.#down.text);
    this.#up = undefined;
    this.#down = undefined;
    this.#bytes = { up: [], down: [] };
  }

  #see(event: BusEvent): void {
    if (event.type === 'began') this.#transferring = 'yes';
    if (event.type === 'transfer' || event.type === 'fault') {
      const stale = this.#transferring === 'stale';
      this.#transferring = 'no';
      if (event.type === 'transfer' && !stale) this.#transfer(event.bytes);
      if (event.type === 'fault' && !stale) this.#part = 'nothing';
    }
    if (event.type === 'edge' && event.wire === 'reset' && event.level === 0) this.#reset();
    this.#edges();
  }

  #reset(): void {
    this.#breakOff();
    if (this.#transferring !== 'no') this.#transferring = 'stale';
    this.#part = 'up-size';
    this.#fresh = true;
    this.#configured = false;
    this.#torn = undefined;
    this.#holdOff = { initiator: false, responder: false };
  }

  #transfer(bytes: Uint8Array): void {
    this.#fresh = false;
    switch (this.#part) {
      case 'up-size':
        return this.#size('up-size', bytes, 'up-payload', 'down-size');
      case 'up-payload':
        this.#part = 'down-size';
        return this.#payload('up', bytes);
      case 'down-size':
        return this.#size('down-size', bytes, 'down-payload', 'up-size');
      case 'down-payload':
        this.#part = 'up-size';
        return this.#payload('down', bytes);
      case 'nothing':
        return;
    }
  }

  #size(part: keyof typeof SIDE, [low = 0, high = 0]: Uint8Array, payload: Part, none: Part): void {
    const side = SIDE[part];
    const other = side === 'initiator' ? 'responder' : 'initiator';
    this.#length = low | ((high & 0x7f) << 8);
    this.#part = this.#length > 0 ? payload : none;
    if (this.#length > 0 && this.#holdOff[other]) {
      this.#hearers.violation(`the ${side} sends ${this.#length} bytes although it was told to hold off`);
    }
    if (this.#length > 200) this.#hearers.violation(`the ${side} announces ${this.#length} bytes`);
    this.#holdOff[side] = (high & 0x80) !== 0;
  }

  #payload(way: 'up' | 'down', bytes: Uint8Array): void {
    if (bytes.length !== this.#length) return this.#hearers.violation(`a payload of ${bytes.length} bytes`);
    this.#bytes[way].push(...bytes);
    if (bytes.at(-1) !== 0x0a) return;
    const text = this.#text(this.#bytes[way]).slice(0, -1);
    this.#bytes[way] = [];
    if (way === 'up' && /^\[.*"cfg"\]$/.test(text)) this.#configured = true;
    if (way === 'up' && this.#configured && /^[0-3]/.test(text))
      this.#up = { text: text.slice(1), edge: 'ack high' };
    if (way === 'down' && text.startsWith('n')) this.#down = { text: text.slice(1), edge: 'ack low' };
  }

  /** What the levels say about the last payloads. */
  #edges(): void {
    const [ack, syn] = [this.#bus.level('ack'), this.#bus.level('syn')];
    if (this.#up?.edge === 'ack high' && ack === 1) {
      this.#up.edge = 'syn low';
      this.#seen.taken.add(this.#up.text, 1);
      this.#hearers.taken(this.#up.text);
    }
    if (this.#up?.edge === 'syn low' && syn === 0) {
      this.#seen.passed.add(this.#up.text, 1);
      this.#up = undefined;
    }
    if (this.#down?.edge === 'ack low' && ack === 0) {
      this.#down.edge = 'syn low';
      this.#seen.come.add(this.#down.text, 1);
    }
    if (this.#down?.edge !== 'syn low' || syn === 1) return;
    const { text } = this.#down;
    this.#down = undefined;
    this.#hearers.given(text);
  }
}
