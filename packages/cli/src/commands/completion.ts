/** `iot completion`: a script for a shell, made from the commands and options that there are. */
import { Argument } from 'commander';
import { treeOf } from '../command-tree.js';
import { bash } from '../completion/bash.js';
import { fish } from '../completion/fish.js';
import { zsh } from '../completion/zsh.js';
import type { AddCommand } from '../context.js';

const SHELLS = { bash, zsh, fish };

export const completion: AddCommand = (iot, { print }) => {
  iot
    .command('completion')
    .description('a script that completes commands and options: source <(iot completion bash)')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SHELLS)))
    .action((shell: keyof typeof SHELLS) => {
      print(SHELLS[shell](treeOf(iot)).trimEnd());
    });
};
