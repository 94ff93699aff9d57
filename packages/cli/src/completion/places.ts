import type { CommandEntry } from '../command-tree.js';

/** A command with the words before the cursor that lead to it, each after a blank; empty for `iot` itself. */
export interface Place extends CommandEntry {
  readonly at: string;
}

export function places(tree: readonly CommandEntry[]): Place[] {
  return tree.map((entry) => ({ ...entry, at: entry.words.map((word) => ` ${word}`).join('') }));
}
