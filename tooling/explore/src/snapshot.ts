/**
 * Copies the state of a session, and writes it as a string. Two sessions with equal strings behave in the
 * same way. Times are written relative to now. A time so long ago that no rule distinguishes it from an
 * earlier time is written as `past`. An object that is reached twice is written once, so that two sessions
 * are equal only if they share objects in the same way.
 */

/**
 * Fields with settings. They never change and are equal in all sessions of an end, so they are neither copied
 * nor written.
 */
const CONSTANT = new Set(['settings', '$settings', '$limits', '$drawEpoch']);

/** Fields that no rule reads: statistics, which only increase, and a cached line. */
const IGNORED = new Set(['counts', '$counts', '$lastAck']);

/**
 * Names of fields that contain times: `$talkAt`, `$quietSince`, `heldUntil`, or `at`. (`$at` alone is an
 * index in a buffer.)
 */
const TIME = /^at$|[a-z](?:At|Since|Until)$/;

/**
 * For each field, the age in timeouts from which a time counts as past, because no rule depends on an older
 * time. Most times are compared with now, or with the time at which bytes were last received, which is at
 * most two timeouts ago while a link is open.
 */
const LOOKS_BACK: Readonly<Record<string, number>> = {
  $talkAt: 0,
  $keepaliveAt: 0,
  // Half a millisecond. In the explorer, every step of the time is longer.
  $burstAt: 0,
  $lastReadAt: 1,
  $lastHeardAt: 2,
  $quietSince: 3,
  $openedAt: 4,
  // Its effect on a line in flight is already contained in the times that are due.
  $ackedAt: 0,
  // Three timeouts before the time at which bytes were last received.
  ackedAt: 5,
};
/** The age for all other times: longer than any rule needs. */
const LOOKS_BACK_AT_MOST = 10;

/** A deep copy. Objects that are shared within the original are shared within the copy. */
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

/** The fields of a record of received ids that are read here. */
interface DedupFields {
  readonly $link: number;
  readonly $receipts: readonly ({ readonly link: number; readonly proven: boolean } | undefined)[];
}

class Writer {
  readonly parts: string[] = [];
  readonly #now: number;
  readonly #timeoutMs: number;
  readonly #places = new Map<object, number>();
  /** For each object, a field whose value has no further effect. */
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
   * The start times for the proof of an ack (dedup-window.ts) are not read any more once the receipt is
   * proven or, for an ack, once its link has ended. If they were written, most states of a receiver would
   * differ only in these times.
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

/** An empty queue is equivalent to a queue that does not exist yet. */
function isNothing(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined;
  return isOrderedQueue(value) && [...value].length === 0;
}

/** A queue whose items contain their numbers. Removed items do not matter. */
function isOrderedQueue(value: object): value is Iterable<unknown> {
  return value.constructor.name === 'OrderedQueue';
}
