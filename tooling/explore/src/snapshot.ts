/**
 * Copies the state of a session, and writes it as a string that is equal for two sessions that will behave in the same
 * way. Times are written relative to now, and a time so long ago that no rule distinguishes it from an earlier one is written as
 * `past`. An object that is reached twice is written once, so that two sessions are equal only if they share in the same
 * way.
 */

/** Settings: never changed, equal in all sessions of one end, so neither copied nor written. */
const CONSTANT = new Set(['settings', '$settings', '$limits', '$drawEpoch']);

/** No rule reads them: statistics, which only grow, and a line that is kept so that it need not be made again. */
const IGNORED = new Set(['counts', '$counts', '$lastAck']);

/**
 * A number is a time when its field is named for one: `$talkAt`, `$quietSince`, `heldUntil`, or `at`. (`$at` alone is a
 * place in a buffer.)
 */
const TIME = /^at$|[a-z](?:At|Since|Until)$/;

/**
 * How far the rules of a session look back at a time, in timeouts: an earlier one is past. Most times are compared with
 * now, or with when something was heard last, which is at most two timeouts ago while a link is open.
 */
const LOOKS_BACK: Readonly<Record<string, number>> = {
  $talkAt: 0,
  $keepaliveAt: 0,
  // Half a millisecond; here time moves by more than that or not at all.
  $burstAt: 0,
  $lastReadAt: 1,
  $lastHeardAt: 2,
  $quietSince: 3,
  $openedAt: 4,
  // What it decides of a line in flight is in the times that are due.
  $ackedAt: 0,
  // Three timeouts before what was heard last.
  ackedAt: 5,
};
/** For all other times: longer than any rule. */
const LOOKS_BACK_AT_MOST = 10;

/** A deep copy. What is shared within the original is shared within the copy. */
export function copyOf<T>(value: T): T {
  return copy(value, new Map()) as T;
}

/** The state as a string. */
export function canonical(value: unknown, now: number, timeoutMs: number): string {
  const writer = new Writer(now, timeoutMs);
  writer.value(value);
  return writer.parts.join('');
}

function copy(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value === 'function') throw new Error('a session that holds a function cannot be copied');
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (value instanceof Uint8Array) {
    const bytes = value.slice();
    copies.set(value, bytes);
    return bytes;
  }
  if (Array.isArray(value)) {
    const array = new Array<unknown>(value.length);
    copies.set(value, array);
    for (let i = 0; i < value.length; i++) array[i] = copy(value[i], copies);
    return array;
  }
  if (value instanceof Map) {
    const map = new Map();
    copies.set(value, map);
    for (const [key, held] of value) map.set(copy(key, copies), copy(held, copies));
    return map;
  }
  if (value instanceof Set) {
    const set = new Set();
    copies.set(value, set);
    for (const held of value) set.add(copy(held, copies));
    return set;
  }
  const object = Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>;
  copies.set(value, object);
  for (const [key, held] of Object.entries(value)) {
    object[key] = CONSTANT.has(key) ? held : copy(held, copies);
  }
  return object;
}

/** What is read here of a record of received ids. */
interface DedupFields {
  readonly $link: number;
  readonly $receipts: readonly ({ readonly link: number; readonly proven: boolean } | undefined)[];
}

class Writer {
  readonly parts: string[] = [];
  readonly #now: number;
  readonly #timeoutMs: number;
  readonly #places = new Map<object, number>();
  /** A field whose value has no effect any more, by object. */
  readonly #settled = new Map<object, string>();

  constructor(now: number, timeoutMs: number) {
    this.#now = now;
    this.#timeoutMs = timeoutMs;
  }

  value(value: unknown): void {
    if (typeof value === 'string') this.parts.push(JSON.stringify(value), ',');
    else if (typeof value === 'object' && value !== null) this.#object(value);
    else this.parts.push(String(value), ',');
  }

  #time(name: string, at: number): void {
    const sinceNow = at - this.#now;
    const past = -(LOOKS_BACK[name] ?? LOOKS_BACK_AT_MOST) * this.#timeoutMs;
    this.parts.push(sinceNow < past ? 'past' : String(sinceNow), ',');
  }

  #object(value: object): void {
    const place = this.#places.get(value);
    if (place !== undefined) {
      this.parts.push(`@${place},`);
      return;
    }
    this.#places.set(value, this.#places.size);
    if (value instanceof Uint8Array) this.parts.push(`<${value.join(' ')}>`);
    else if (Array.isArray(value)) this.#array(value);
    else if (value instanceof Map) this.#map(value);
    else if (value instanceof Set || isOrderedQueue(value)) this.#array([...value]);
    else this.#fields(value);
  }

  #array(values: readonly unknown[]): void {
    this.parts.push('[');
    for (let i = 0; i < values.length; i++) {
      if (values[i] === undefined) continue;
      this.parts.push(`${i}:`);
      this.value(values[i]);
    }
    this.parts.push(']');
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.parts.push('(');
    for (const [key, held] of map) {
      this.value(key);
      this.value(held);
    }
    this.parts.push(')');
  }

  #fields(value: object): void {
    if (value.constructor.name === 'DedupWindow') this.#noteProofs(value as unknown as DedupFields);
    const settled = this.#settled.get(value);
    this.parts.push('{');
    for (const [key, held] of Object.entries(value)) {
      if (CONSTANT.has(key) || IGNORED.has(key) || isNothing(held)) continue;
      this.parts.push(key, ':');
      if (key === settled) this.parts.push('settled,');
      else if (typeof held === 'number' && TIME.test(key)) this.#time(key, held);
      else this.value(held);
    }
    this.parts.push('}');
  }

  /**
   * The times from which the proof of an ack is counted (dedup-window.ts) are not read any more once the receipt is proven,
   * or, of an ack, once its link has ended. Without this most states of a receiver would differ in these times alone.
   */
  #noteProofs(window: DedupFields): void {
    const receipts = window.$receipts.filter((receipt) => receipt !== undefined);
    for (const receipt of receipts) {
      if (receipt.proven || receipt.link !== window.$link) this.#settled.set(receipt, 'ackedAt');
    }
    if (receipts.every(({ proven, link }) => proven || link === window.$link)) {
      this.#settled.set(window, '$upAt');
    }
  }
}

/** A queue that is empty is as good as one that is not made yet. */
function isNothing(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined;
  return isOrderedQueue(value) && [...value].length === 0;
}

/** Its items hold their numbers; what has left it makes no difference. */
function isOrderedQueue(value: object): value is Iterable<unknown> {
  return value.constructor.name === 'OrderedQueue';
}
