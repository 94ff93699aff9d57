import type { CommandEntry } from '../command-tree.js';

/** A command and the words that select it, each after a space. The words are empty for `iot` itself. */
export interface Place extends CommandEntry {
  readonly at: string;
}

export function places(tree: readonly CommandEntry[]): Place[] {
  return tree.map((entry) => ({ ...entry, at: entry.words.map((word) => ` ${word}`).join('') }));
}
