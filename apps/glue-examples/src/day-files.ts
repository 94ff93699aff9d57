/**
 * Appends to one file per day (UTC), `<folder>/<YYYY-MM-DD>.jsonl`. When `append` has returned, the text
 * survives a power cut.
 *
 * The file stays open, so that a process without free file descriptors can still log. A file is opened when
 * the day changes, and when the open file was moved or deleted.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** More than the longest JSON text of a line of 64 KiB. */
const MAX_TAIL_BYTES = 1024 * 1024;

export class DayFiles implements Disposable {
  readonly #folder: string;
  #file: { readonly path: string; readonly descriptor: number } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Appends the text to the file of the day. An empty text only opens the file.
   *
   * @throws Error when the text cannot be written; the message contains the text
   */
  append(time: Date, text: string): void {
    const path = join(this.#folder, `${time.toISOString().slice(0, 10)}.jsonl`);
    try {
      const descriptor = this.#open(path);
      if (text === '') return;
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } catch (error) {
      const lost = text === '' ? '' : ` Not logged: ${text.trimEnd()}`;
      throw new Error(`cannot write to ${path} (${(error as Error).message}).${lost}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
    this.#file = undefined;
  }

  #open(path: string): number {
    if (this.#file?.path === path && isAt(path, this.#file.descriptor)) return this.#file.descriptor;
    this[Symbol.dispose](); // close first: the process may have no other free descriptor
    if (!existsSync(this.#folder)) mkdirSync(this.#folder);
    const descriptor = openSync(path, 'a+');
    this.#file = { path, descriptor };
    repairTail(descriptor);
    return descriptor;
  }
}

function isAt(path: string, descriptor: number): boolean {
  const there = statSync(path, { bigint: true, throwIfNoEntry: false });
  const open = fstatSync(descriptor, { bigint: true });
  return there?.ino === open.ino && there.dev === open.dev;
}

/**
 * Repairs the end of the file. A full disk or a power cut may have left part of a line there. That part is
 * removed, because the next line would be unreadable after it. If a whole line lacks its newline, the newline
 * is added.
 */
function repairTail(descriptor: number): void {
  const { size } = fstatSync(descriptor);
  const end = Buffer.alloc(Math.min(size, MAX_TAIL_BYTES));
  readSync(descriptor, end, { position: size - end.length });
  const tail = end.subarray(end.lastIndexOf('\n') + 1);
  if (tail.length === 0) return;
  if (tail.length === MAX_TAIL_BYTES || isJson(tail.toString())) writeFileSync(descriptor, '\n');
  else ftruncateSync(descriptor, size - tail.length);
  fsyncSync(descriptor);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
