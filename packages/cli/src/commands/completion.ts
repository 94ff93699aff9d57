/** `iot completion`: prints a completion script for a shell, made from all commands and options. */
import { Argument } from 'commander';
import { treeOf } from '../command-tree.js';
import { bash } from '../completion/bash.js';
import { fish } from '../completion/fish.js';
import { zsh } from '../completion/zsh.js';
import type { DefineCommand } from '../context.js';

const SHELLS = { bash, zsh, fish };

export const completion: DefineCommand = (command, { print }) => {
  command
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SHELLS)))
    .action((shell: keyof typeof SHELLS) => {
      print(SHELLS[shell](treeOf(command.parent!)).trimEnd());
    });
};
