import { treeOf, type CommandEntry } from '../src/command-tree.js';
import { program } from '../src/program.js';

/** The commands of `iot`, which do nothing here. */
export function tree(): CommandEntry[] {
  const unused = () => undefined;
  const stop = new AbortController().signal;
  return treeOf(program({ stop, print: unused, write: () => Promise.resolve(), say: unused }));
}
