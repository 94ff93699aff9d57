/** What the workload has been promised up to some time, and whether a store keeps it. */
import type { Entry } from '@iot/connection';
import type { LevelStore } from '../../src/index.js';

export interface Mark {
  readonly what: 'begin' | 'ok' | 'trim';
  readonly id: string;
  /** The last sequence number of the append; of a trim the number before which entries may be gone. */
  readonly last: number;
}

/** The entry of this number: each has another text, of 20 to 48,000 bytes. */
export function entryOf(id: string, sequence: number): Entry {
  const mixed = Math.imul(sequence + id.length * 131, 2654435761) >>> 0;
  const filler = mixed
    .toString(36)
    .repeat(1400)
    .slice(0, mixed % 8000);
  const line = `${id} ${sequence} ${mixed % 11 === 0 ? filler.repeat(6) : filler}`;
  return { kind: 'in', version: 2, epoch: 'ff', number: sequence, line, at: 0 };
}

interface Promised {
  /** The last entry of the last append that had resolved, and of the last one that had begun. */
  acked: number;
  begun: number;
  trimmed: number;
}

export class Promises {
  readonly #ids = new Map<string, Promised>();

  note({ what, id, last }: Mark): void {
    const promised = this.#ids.get(id) ?? { acked: 0, begun: 0, trimmed: 0 };
    this.#ids.set(id, promised);
    if (what === 'begin') promised.begun = last;
    else if (what === 'ok') promised.acked = last;
    else promised.trimmed = Math.max(promised.trimmed, last);
  }

  /** What the store has broken; nothing when it keeps all. */
  async broken(store: LevelStore): Promise<string[]> {
    const broken: string[] = [];
    for (const [id, promised] of this.#ids) broken.push(...(await brokenFor(store, id, promised)));
    for await (const id of store.ids()) if (!this.#ids.has(id)) broken.push(`${id} was never appended to`);
    return broken;
  }
}

async function brokenFor(
  store: LevelStore,
  id: string,
  { acked, begun, trimmed }: Promised,
): Promise<string[]> {
  const stored = (await store.load(id)) ?? { last: 0, entries: [] };
  const { last, entries } = stored;
  const broken: string[] = [];
  if (last < acked) broken.push(`${id}: the append up to ${acked} had resolved, and ${last} is the last`);
  if (last !== acked && last !== begun) broken.push(`${id}: ${last} is the last, a part of an append`);
  const first = entries[0]?.[0] ?? last + 1;
  if (first > Math.max(trimmed, 1))
    broken.push(`${id}: begins with ${first}, and was trimmed before ${trimmed}`);
  for (const [sequence, entry] of entries) {
    if (JSON.stringify(entry) !== JSON.stringify(entryOf(id, sequence)))
      broken.push(`${id}: ${sequence} is another`);
  }
  const next = [entryOf(id, last + 1)];
  if (last > 0 && (await store.append(id, last - 1, next)) !== 'fenced')
    broken.push(`${id}: the fence is open`);
  if ((await store.append(id, last, next)) !== 'ok') broken.push(`${id}: the fence is another than ${last}`);
  return broken;
}
