/**
 * What a power loss can leave of what was done to a folder. After the last sync of a file any part of what was written to it
 * may be there, in any order: pages that are missing are zeros, the last one may be torn, and the length may be any up to the
 * end. Which names are there is another question:
 *
 *   `ordered`  creates, renames and deletes survive in their order, up to some time; to sync a file makes its own name durable
 *              and what was done to the folder before it. So do ext4, XFS and others with one journal of metadata.
 *   `weak`     any of them may be missing whatever the others are; only to sync the folder makes them durable. No more can be
 *              relied on than what POSIX says; it is the default of ALICE (Pillai et al., OSDI 2014).
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { FileEvent } from './strace.js';

export type Names = 'ordered' | 'weak';
/** How much of what is not synced is there. */
export type Rest = 'nothing' | 'everything' | 'some';

type NameEvent = Exclude<FileEvent, { type: 'write' | 'truncate' | 'sync' | 'mark' }>;
type DataEvent = Extract<FileEvent, { type: 'write' | 'truncate' }>;

interface Done<Event> {
  readonly event: Event;
  readonly at: number;
  durable: boolean;
}

const PAGE = 4096;

/** Takes the events one by one; after each a power loss can be tried. */
export class Disk {
  readonly #root: string;
  readonly #names: Names;
  readonly #nameEvents: Done<NameEvent>[] = [];
  /** By file. */
  readonly #data = new Map<number, Done<DataEvent>[]>();
  /** When each file got its name last. */
  readonly #namedAt = new Map<number, number>();
  readonly #fileAt = new Map<string, number>();
  #count = 0;

  constructor(root: string, names: Names) {
    this.#root = root;
    this.#names = names;
  }

  take(event: FileEvent): void {
    const at = this.#count++;
    switch (event.type) {
      case 'mark':
        return;
      case 'write':
      case 'truncate': {
        const done = this.#data.get(event.file) ?? [];
        this.#data.set(event.file, done);
        done.push({ event, at, durable: false });
        return;
      }
      case 'sync':
        this.#synced(event.what, event.since);
        return;
      default:
        this.#named(event, at);
        this.#nameEvents.push({ event, at, durable: false });
    }
  }

  #named(event: NameEvent, at: number): void {
    if (event.type === 'create') {
      this.#fileAt.set(event.path, event.file);
      this.#namedAt.set(event.file, at);
    } else if (event.type === 'rename') {
      const file = this.#fileAt.get(event.path)!;
      this.#fileAt.set(event.to, file);
      this.#namedAt.set(file, at);
    }
  }

  #synced(what: number | string, since: number): void {
    if (typeof what === 'number') {
      for (const done of this.#data.get(what) ?? []) if (done.at < since) done.durable = true;
      if (this.#names === 'weak') return;
      const namedAt = this.#namedAt.get(what) ?? -1;
      for (const done of this.#nameEvents) if (done.at <= namedAt && done.at < since) done.durable = true;
      return;
    }
    for (const done of this.#nameEvents) {
      const { event } = done;
      if (dirname(event.path) === what && done.at < since) done.durable = true;
    }
  }

  /** Makes the folder as a power loss at this time may leave it. */
  leave(rest: Rest, random: () => number, folder: string): void {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [path, file] of this.#tree(rest, random)) {
      const place = join(folder, relative(this.#root, path));
      if (file === undefined) mkdirSync(place);
      else writeFileSync(place, this.#content(file, rest, random));
    }
  }

  /** The files by their paths, and the folders. */
  #tree(rest: Rest, random: () => number): ReadonlyMap<string, number | undefined> {
    const tree = new Map<string, number | undefined>();
    const lastDurable = this.#nameEvents.findLastIndex(({ durable }) => durable);
    const left = this.#nameEvents.length - lastDurable - 1;
    const taken = lastDurable + 1 + Math.floor(random() * (left + 1));
    for (const [index, { event, durable }] of this.#nameEvents.entries()) {
      const survives =
        durable ||
        rest === 'everything' ||
        (this.#names === 'ordered'
          ? index <= lastDurable || (rest === 'some' && index < taken)
          : rest === 'some' && random() < 0.5);
      if (survives) apply(event, tree);
    }
    // What is in a folder that has no name is lost.
    for (const path of tree.keys()) {
      const parent = dirname(path);
      if (parent !== this.#root && !tree.has(parent)) tree.delete(path);
    }
    return tree;
  }

  #content(file: number, rest: Rest, random: () => number): Buffer {
    let content: Buffer = Buffer.alloc(0);
    // Most often one kind of loss at a time.
    const tornAt = random() < 0.5 ? random() : 1;
    const keeps = random() < 0.3 ? 1 : random();
    const unsynced = (this.#data.get(file) ?? []).filter(({ durable }) => !durable);
    const lastTaken = Math.floor(random() * (unsynced.length + 1));
    for (const { event, durable } of this.#data.get(file) ?? []) {
      if (durable || rest === 'everything') content = change(content, event, () => true);
      else if (rest === 'some') {
        const index = unsynced.findIndex((done) => done.event === event);
        if (index < lastTaken) content = change(content, event, () => random() < keeps);
        else if (index === lastTaken && event.type === 'write') {
          const data = event.data.subarray(0, Math.floor(event.data.length * tornAt));
          content = change(content, { ...event, data }, () => random() < keeps);
        }
      }
    }
    return content;
  }
}

function apply(event: NameEvent, tree: Map<string, number | undefined>): void {
  switch (event.type) {
    case 'mkdir':
      tree.set(event.path, undefined);
      return;
    case 'create':
      tree.set(event.path, event.file);
      return;
    case 'unlink':
      tree.delete(event.path);
      return;
    case 'rename':
      if (!tree.has(event.path)) return;
      tree.set(event.to, tree.get(event.path));
      tree.delete(event.path);
  }
}

/** The content after this, with those of its pages that survive. */
function change(content: Buffer, event: DataEvent, survives: () => boolean): Buffer {
  if (event.type === 'truncate') return survives() ? Buffer.concat([content], event.length) : content;
  const { offset, data } = event;
  const after = Buffer.concat([content], Math.max(content.length, offset + data.length));
  for (let from = 0; from < data.length;) {
    const to = Math.min(data.length, from + PAGE - ((offset + from) % PAGE));
    if (survives()) data.copy(after, offset + from, from, to);
    from = to;
  }
  return after;
}
