import { Random } from '../src/random.js';
import { VirtualClock } from '../src/virtual-clock.js';
import { Wire, type WireOptions } from '../src/wire.js';
import type { WireEnd } from '../src/wire-end.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytes = (text: string): Uint8Array => encoder.encode(text);
export const text = (chunk: Uint8Array): string => decoder.decode(chunk);

/** A wire whose ends write down what they see: `@10 data`, `@10 <fin>`, `@10 <drain>`. */
export class WireRig {
  readonly clock = new VirtualClock();
  readonly wire: Wire;
  readonly seen = { a: [] as string[], b: [] as string[] };

  constructor(options: Partial<WireOptions> = {}, seed = 1) {
    this.wire = new Wire({ clock: this.clock, random: new Random(seed), ...options });
    this.listen(this.wire.a, this.seen.a);
    this.listen(this.wire.b, this.seen.b);
  }

  listen(end: WireEnd, log: string[]): void {
    end.onData = (chunk) => log.push(`@${this.clock.now} ${text(chunk)}`);
    end.onClosed = (how) => log.push(`@${this.clock.now} <${how}>`);
    end.onDrain = () => log.push(`@${this.clock.now} <drain>`);
  }

  /** What the end has read, without the times and the bounds of the chunks. */
  read(end: 'a' | 'b'): string {
    return this.seen[end].map((entry) => entry.slice(entry.indexOf(' ') + 1)).join('');
  }

  run(ms = 0): this {
    this.clock.runUntil(this.clock.now + ms);
    return this;
  }
}
