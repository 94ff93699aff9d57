/**
 * Runs a program and records what it does to the files of one folder: creates, writes, renames, deletes, syncs, in the order
 * in which the calls have returned. A sync covers what had returned before it was called.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { basename, dirname } from 'node:path';

export type FileEvent =
  | { readonly type: 'mkdir'; readonly path: string }
  | { readonly type: 'unlink'; readonly path: string }
  | { readonly type: 'create'; readonly path: string; readonly file: number }
  | { readonly type: 'rename'; readonly path: string; readonly to: string }
  | { readonly type: 'write'; readonly file: number; readonly offset: number; readonly data: Buffer }
  | { readonly type: 'truncate'; readonly file: number; readonly length: number }
  /** A file's number, or a folder's path; `since`: what was before this event is covered. */
  | { readonly type: 'sync'; readonly what: number | string; readonly since: number }
  | { readonly type: 'mark'; readonly data: Buffer };

const CALLS =
  'openat,open,creat,close,write,pwrite64,writev,pwritev,rename,renameat,renameat2,unlink,unlinkat,ftruncate,truncate,fsync,fdatasync,mkdir,mkdirat,fallocate,link,linkat,sync_file_range,copy_file_range';

/** @param trace where the trace is written */
export async function record(command: readonly string[], trace: string): Promise<void> {
  const args = [
    '-f',
    '-y',
    '-xx',
    '-s',
    '100000000',
    '-e',
    `trace=${CALLS}`,
    '-e',
    'signal=none',
    '-o',
    trace,
    ...command,
  ];
  const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const failed = once(child, 'error').then(([error]: unknown[]) => {
    throw new Error('this test records system calls: install strace (a Debian package)', { cause: error });
  });
  const ended = Promise.all([text(child.stderr), once(child, 'close')]);
  const [stderr, [code]] = (await Promise.race([ended, failed])) as [string, [number]];
  if (code !== 0) throw new Error(`the traced program ended with ${code}: ${stderr}`);
}

interface OpenFile {
  readonly file: number;
  offset: number;
  readonly append: boolean;
}

/** Reads a trace: the events below `root`, and the writes to the file `marks`. */
export async function* eventsOf(trace: string, root: string, marks: string): AsyncGenerator<FileEvent> {
  const reader = new TraceReader(root, marks);
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(trace, { highWaterMark: 1 << 20 })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      yield* reader.line(bytes.toString('latin1', from, end));
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
}

class TraceReader {
  readonly #root: string;
  readonly #marks: string;
  /** By path: the files that are there. */
  readonly #files = new Map<string, number>();
  readonly #sizes = new Map<number, number>();
  readonly #open = new Map<number, OpenFile>();
  /** Calls that have not returned, by thread: what was printed of them, and when they were called. */
  readonly #unfinished = new Map<string, { readonly text: string; readonly since: number }>();
  #count = 0;
  #nextFile = 1;

  constructor(root: string, marks: string) {
    this.#root = root;
    this.#marks = marks;
  }

  *line(line: string): Generator<FileEvent> {
    const thread = line.slice(0, line.indexOf(' '));
    const body = line.slice(thread.length).trimStart();
    if (body.endsWith(' <unfinished ...>')) {
      this.#unfinished.set(thread, { text: body.slice(0, -' <unfinished ...>'.length), since: this.#count });
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(body);
    const begun = this.#unfinished.get(thread);
    if (resumed !== null && begun === undefined) return; // a call that is not looked at
    const call = resumed === null ? body : begun!.text + body.slice(resumed[0].length);
    if (resumed !== null) this.#unfinished.delete(thread);
    for (const event of this.#events(call, resumed === null ? this.#count : begun!.since)) {
      this.#count += 1;
      yield event;
    }
  }

  *#events(call: string, since: number): Generator<FileEvent> {
    const parts = /^(\w+)\((.*)\)\s+= (-?\d+)/s.exec(call);
    if (parts === null || parts[3]!.startsWith('-')) return;
    const [, name = '', args = '', result] = parts;
    const strings = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex]) => bytesOf(hex!));
    const paths = strings.map((bytes) => bytes.toString());
    const fd = Number(/^\d+/.exec(args)?.[0] ?? -1);
    switch (name) {
      case 'open':
      case 'openat':
        yield* this.#opened(paths[0]!, args, Number(result));
        return;
      case 'close':
        this.#open.delete(fd);
        return;
      case 'write':
      case 'pwrite64':
        yield* this.#written(
          fd,
          strings[0]!,
          name === 'write' ? undefined : Number(/, (\d+)$/.exec(args)![1]),
        );
        return;
      case 'fsync':
      case 'fdatasync':
        yield* this.#synced(fd, args, since);
        return;
      case 'mkdir':
        if (this.#isBelow(paths[0]!)) yield { type: 'mkdir', path: paths[0]! };
        return;
      case 'unlink':
        if (!this.#isBelow(paths[0]!)) return;
        this.#files.delete(paths[0]!);
        yield { type: 'unlink', path: paths[0]! };
        return;
      case 'rename':
        yield* this.#renamed(paths[0]!, paths[1]!);
        return;
      case 'ftruncate': {
        const open = this.#open.get(fd);
        const length = Number(/, (\d+)$/.exec(args)![1]);
        if (open !== undefined) yield { type: 'truncate', file: open.file, length };
        return;
      }
      default:
        if (this.#isBelow(pathOfFd(args)) || paths.some((path) => this.#isBelow(path))) {
          throw new Error(`a call that this test does not know: ${name}`);
        }
    }
  }

  *#opened(path: string, args: string, fd: number): Generator<FileEvent> {
    this.#open.delete(fd);
    if ((!this.#isBelow(path) && path !== this.#marks) || /O_DIRECTORY/.test(args)) return;
    let file = this.#files.get(path);
    if (file === undefined) {
      if (!/O_CREAT/.test(args)) return; // a folder
      file = this.#nextFile++;
      this.#files.set(path, file);
      if (path !== this.#marks) yield { type: 'create', path, file };
    } else if (/O_TRUNC/.test(args)) {
      yield { type: 'truncate', file, length: 0 };
      this.#sizes.set(file, 0);
    }
    this.#open.set(fd, { file, offset: 0, append: /O_APPEND/.test(args) });
  }

  *#written(fd: number, data: Buffer, at: number | undefined): Generator<FileEvent> {
    const open = this.#open.get(fd);
    if (open === undefined) return;
    if (this.#files.get(this.#marks) === open.file) {
      yield { type: 'mark', data };
      return;
    }
    const offset = at ?? (open.append ? (this.#sizes.get(open.file) ?? 0) : open.offset);
    if (at === undefined) open.offset = offset + data.length;
    this.#sizes.set(open.file, Math.max(this.#sizes.get(open.file) ?? 0, offset + data.length));
    yield { type: 'write', file: open.file, offset, data };
  }

  *#synced(fd: number, args: string, since: number): Generator<FileEvent> {
    const open = this.#open.get(fd);
    const path = pathOfFd(args);
    if (open !== undefined) yield { type: 'sync', what: open.file, since };
    else if (this.#isBelow(path) || path === this.#root) yield { type: 'sync', what: path, since };
  }

  *#renamed(path: string, to: string): Generator<FileEvent> {
    if (!this.#isBelow(path)) return;
    this.#files.set(to, this.#files.get(path)!);
    this.#files.delete(path);
    yield { type: 'rename', path, to };
  }

  #isBelow(path: string): boolean {
    return path.startsWith(`${this.#root}/`) && basename(path) !== '' && dirname(path) !== '/';
  }
}

function pathOfFd(args: string): string {
  return bytesOf(/^\d+<((?:\\x[0-9a-f]{2})*)>/.exec(args)?.[1] ?? '').toString();
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}
