/**
 * Appends to one file a day, `<folder>/<YYYY-MM-DD>.jsonl`, UTC. What `append` has returned from survives a power cut.
 *
 * The file stays open, so a process that has no descriptor left still logs. It is opened again when the day ends, and
 * when the file has been moved away or deleted.
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

/** More than the JSON of a line of 64 KiB can have. */
const MAX_TAIL_BYTES = 1024 * 1024;

export class DayFiles implements Disposable {
  readonly #folder: string;
  #file: { readonly path: string; readonly descriptor: number } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Appends the text to the file of the day; an empty text opens the file only.
   *
   * @throws Error that holds the text, when it cannot be written
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
    this[Symbol.dispose](); // first: this descriptor may be the last that the process can have
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
 * A full disk or a power cut may have left a part of a line at the end of the file. It is cut off, for the next
 * line would be unreadable after it. A whole line gets the newline that it lacks.
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
