import { treeOf, type CommandEntry } from '../src/command-tree.js';
import { program } from '../src/program.js';

/** The commands of `iot`, which do nothing here. */
export async function tree(): Promise<CommandEntry[]> {
  const unused = () => undefined;
  const stop = new AbortController().signal;
  const context = { stop, print: unused, write: () => Promise.resolve(), say: unused };
  return treeOf(await program(context, () => true));
}
