/** The command `iot` with all its commands: what is parsed, completed and described in the manual. */
import { command } from '@iot/app-kit';
import type { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { board } from './commands/board.js';
import { chaos } from './commands/chaos.js';
import { completion } from './commands/completion.js';
import { disconnect } from './commands/disconnect.js';
import { doctor } from './commands/doctor.js';
import { keys } from './commands/keys.js';
import { ls } from './commands/ls.js';
import { qos } from './commands/qos.js';
import { send } from './commands/send.js';
import { serve } from './commands/serve.js';
import { stats } from './commands/stats.js';
import { store } from './commands/store.js';
import { tail } from './commands/tail.js';
import type { AddCommand, Context } from './context.js';

/** In the order in which the help lists them. */
const COMMANDS: readonly AddCommand[] = [
  serve,
  ls,
  tail,
  send,
  stats,
  disconnect,
  board,
  chaos,
  qos,
  doctor,
  keys,
  store,
  completion,
];

export function program(context: Context): Command {
  const iot = command('iot', 'Run a server for boards, look at a fleet, and try it.').version(
    manifest.version,
    '--version',
    'print the version',
  );
  iot.enablePositionalOptions(); // `iot board --version 1` is an option of the board
  for (const add of COMMANDS) add(iot, context);
  return iot;
}
