/**
 * Defines the command `iot` with all its commands. The same definition is used to parse arguments, for
 * completion and for the manual.
 */
import { command } from '@iot/app-kit';
import type { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { Context, DefineCommand } from './context.js';

interface Entry {
  readonly description: string;
  readonly load: () => Promise<DefineCommand>;
}

/**
 * In the order of the help. The code of a command is loaded when the command is used, because loading all
 * commands is slow.
 */
const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: {
    description: 'a server for boards, until it is stopped',
    load: async () => (await import('./commands/serve.js')).serve,
  },
  ls: {
    description: 'the clients of a server, and whether they are up',
    load: async () => (await import('./commands/ls.js')).ls,
  },
  outages: {
    description: 'when and why links of a client ended; without an ID, of all clients in the last hour',
    load: async () => (await import('./commands/outages.js')).outages,
  },
  tail: {
    description: 'follow the events of clients, and their lines if the server shows them',
    load: async () => (await import('./commands/tail.js')).tail,
  },
  send: {
    description: 'write a line, or each line of standard input, to a client, and wait for the acks',
    load: async () => (await import('./commands/send.js')).send,
  },
  stats: {
    description: 'the sums of the counters of all clients',
    load: async () => (await import('./commands/stats.js')).stats,
  },
  disconnect: {
    description: 'end the link of a client, which may connect again',
    load: async () => (await import('./commands/disconnect.js')).disconnect,
  },
  board: {
    description: 'a simulated board, or a fleet of them, that sends readings',
    load: async () => (await import('./commands/board.js')).board,
  },
  chaos: {
    description:
      'a proxy in front of a server that cuts, stalls and slows links and loses lines, until Ctrl-C',
    load: async () => (await import('./commands/chaos.js')).chaos,
  },
  qos: {
    description: 'tests that each line arrives exactly once, through outages of every kind',
    load: async () => (await import('./commands/qos.js')).qos,
  },
  doctor: {
    description: 'finds reasons why links do not work, and says what to do',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  keys: {
    description: 'the keys of clients for TLS: adds, lists and revokes them',
    load: async () => (await import('./commands/keys.js')).keys,
  },
  store: {
    description: 'a store that no process has open: shows, checks and maintains it',
    load: async () => (await import('./commands/store.js')).store,
  },
  completion: {
    description: 'a script that completes commands and options: source <(iot completion bash)',
    load: async () => (await import('./commands/completion.js')).completion,
  },
};

/**
 * Resolves once the command has ended.
 *
 * @throws CommanderError when the message or the help has already been printed; any other error is the
 * failure of the command
 */
export async function run(args: readonly string[], context: Context): Promise<void> {
  // Completion needs the options of all commands.
  const iot = await program(context, (name) => args.includes(name) || args.includes('completion'));
  await iot.parseAsync(args, { from: 'user' });
}

/**
 * @param isUsed whether the options and the action of this command are needed; other commands have only a
 * name and a description
 */
export async function program(context: Context, isUsed: (name: string) => boolean): Promise<Command> {
  const { print, say } = context;
  const iot = command('iot', 'Run a server for boards, operate a fleet, and test both.').version(
    manifest.version,
    '--version',
    'print the version',
  );
  iot.configureOutput({
    writeOut: (text) => print(text.trimEnd()),
    writeErr: (text) => say(text.trimEnd()),
  });
  iot.enablePositionalOptions(); // `iot board --version 1` is an option of the board
  for (const [name, { description, load }] of Object.entries(COMMANDS)) {
    const entry = iot.command(name).description(description);
    if (isUsed(name)) (await load())(entry, context);
  }
  return iot;
}
