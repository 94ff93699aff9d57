/** The recordings in `test/fixtures/transcripts` (its README says what they are), parsed. */
import { readdirSync, readFileSync } from 'node:fs';

export type End = 'client' | 'server';

export type Entry =
  | { readonly type: 'open'; readonly at: number; readonly conn: number }
  | {
      readonly type: 'chunk';
      readonly at: number;
      readonly conn: number;
      readonly from: End;
      readonly bytes: Uint8Array;
    }
  | {
      readonly type: 'close';
      readonly at: number;
      readonly conn: number;
      readonly by: End | 'proxy';
      readonly how: 'fin' | 'reset';
    };

/** A line of a fixture. */
interface Row {
  readonly t_ms: number;
  readonly ev?: string;
  readonly conn?: number;
  readonly dir?: 'c2s' | 's2c';
  readonly hex?: string;
  readonly by?: End | 'proxy';
  readonly how?: 'fin' | 'rst';
}

const FOLDER = new URL('../fixtures/transcripts/', import.meta.url);

export const RECORDINGS = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.jsonl'))
  .map((file) => file.replace('.jsonl', ''))
  .sort();

export function readRecording(name: string): Entry[] {
  const rows = readFileSync(new URL(`${name}.jsonl`, FOLDER), 'utf8')
    .trimEnd()
    .split('\n');
  return rows.flatMap((row) => entry(JSON.parse(row) as Row) ?? []);
}

function entry({ t_ms: at, ev, conn = 0, dir, hex = '', by = 'proxy', how }: Row): Entry | undefined {
  if (ev === 'open') return { type: 'open', at, conn };
  if (ev === 'close') return { type: 'close', at, conn, by, how: how === 'rst' ? 'reset' : 'fin' };
  if (ev !== undefined || dir === undefined) return undefined;
  return {
    type: 'chunk',
    at,
    conn,
    from: dir === 'c2s' ? 'client' : 'server',
    bytes: Buffer.from(hex, 'hex'),
  };
}

/** All that one end sent on one connection, as one stream. */
export function stream(entries: readonly Entry[], conn: number, from: End): Uint8Array {
  const chunks = entries.filter((it) => it.type === 'chunk' && it.conn === conn && it.from === from);
  return Buffer.concat(chunks.map((it) => (it.type === 'chunk' ? it.bytes : Buffer.alloc(0))));
}

export function connections(entries: readonly Entry[]): number[] {
  return [...new Set(entries.map((it) => it.conn))];
}

/** The lines of what was sent, without their newlines; the recordings are ASCII. Not by our decoder: it is on trial. */
export function linesOf(bytes: Uint8Array): string[] {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  if (lines.pop() !== '') throw new Error('these bytes end within a line');
  return lines;
}

/** The id with which the client came on this connection. */
export function helloOf(entries: readonly Entry[], conn: number): string {
  return linesOf(stream(entries, conn, 'client'))[0] ?? '';
}

export function isMessage(line: string): boolean {
  return /^[0-9a-f]{2}./.test(line);
}

export function isAck(line: string): boolean {
  return /^[0-9a-f]{2}$/.test(line);
}
