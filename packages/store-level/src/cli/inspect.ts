/** The command `inspect`, and the printing of text from a store without control characters. */
import { Session, type Entry } from '@iot/qos';
import type { Database } from '../database.js';
import type { KeptSession } from '../sessions.js';
import { allSessions } from './existing.js';
import { size } from './size.js';

/** Prints a row for each id. With `lines`, prints the entries of the id after its row. */
export async function inspect(
  database: Database,
  lines: boolean,
  say: (line: string) => void,
): Promise<void> {
  say(row(['id', 'last', 'checkpoint', 'in', 'out', 'bytes', 'owner']));
  for await (const [id, kept] of allSessions(database)) {
    const { head, entries } = kept;
    const { received, written } = waiting(kept);
    const owner = entries.findLast(([, entry]) => entry.kind === 'owner')?.[1];
    const bytes = entries.reduce((sum, [, entry]) => sum + Buffer.byteLength(JSON.stringify(entry)), 0);
    say(
      row([
        shown(id),
        head.last,
        head.checkpoint === 0 ? '-' : head.checkpoint,
        received,
        written,
        size(bytes),
        owner?.kind === 'owner' ? shown(owner.node) : '-',
      ]),
    );
    if (lines) for (const [sequence, entry] of entries) say(`  ${sequence} ${shown(entry)}`);
  }
}

/** A text or an entry as JSON, without control characters. */
export function shown(value: string | Entry): string {
  return printable(JSON.stringify(value));
}

/** Escapes control characters, which a terminal would execute. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Counts the lines that were received and are not marked as done, and the lines that were written and are not acked. */
function waiting({ head, entries }: KeptSession): { readonly received: number; readonly written: number } {
  const stored = { last: head.last, entries: entries.filter(([sequence]) => sequence >= head.checkpoint) };
  const owner = { kind: 'owner', epoch: '', node: '' } as const;
  const session = new Session({ role: 'server', drawEpoch: () => '0' }, { owner, stored });
  const written = session.unsent() + session.unsent({ wait: false }) + session.unacked;
  return { received: session.unread, written };
}

function row(cells: readonly (string | number)[]): string {
  const [id, ...rest] = cells.slice(0, -1);
  return `${String(id).padEnd(20)}${rest.map((cell) => String(cell).padStart(12)).join('')}  ${cells.at(-1)}`;
}
