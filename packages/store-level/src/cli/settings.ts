/** The commands and options of `iot-store`. */
import { parseArgs } from 'node:util';
import { UsageError } from '@iot/connection';

export type Command =
  | { readonly name: 'inspect'; readonly folder: string; readonly lines: boolean }
  | { readonly name: 'verify' | 'compact'; readonly folder: string }
  | { readonly name: 'backup'; readonly folder: string; readonly file: string }
  | { readonly name: 'restore'; readonly folder: string; readonly file: string }
  | { readonly name: 'rename'; readonly folder: string; readonly from: string; readonly to: string };

interface Form {
  readonly takes: readonly string[];
  readonly help: string;
}

export const COMMANDS: Readonly<Record<Command['name'], Form>> = {
  inspect: { takes: ['FOLDER'], help: 'a row for each id; with --lines its entries too, one a line' },
  verify: { takes: ['FOLDER'], help: 'reads everything, and fails when something is damaged' },
  compact: { takes: ['FOLDER'], help: 'frees the space of what was trimmed' },
  backup: { takes: ['FOLDER', 'FILE'], help: 'writes everything in the store into a new file' },
  restore: {
    takes: ['FOLDER', 'FILE'],
    help: 'makes a store of a backup, in a folder that is not there or empty',
  },
  rename: {
    takes: ['FOLDER', 'OLD', 'NEW'],
    help: 'gives the session of the id OLD to the id NEW',
  },
};

const OPTIONS = {
  lines: { type: 'boolean', help: 'inspect: print the entries, with the text of the lines' },
  help: { type: 'boolean', help: 'print this' },
} as const;

/** @throws UsageError `ERR_BAD_OPTION` with a message of one line. */
export function readCommand(args: readonly string[]): Command | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  const [name, ...given] = positionals;
  if (name === undefined) throw wrong('a command is needed');
  if (!isCommand(name)) throw wrong(`there is no command ${JSON.stringify(name)}`);
  const { takes } = COMMANDS[name];
  if (given.length !== takes.length || given.includes('')) throw wrong(`${name} takes ${takes.join(' ')}`);
  if (values.lines === true && name !== 'inspect') throw wrong('--lines is for inspect only');
  return commandOf(name, given, values.lines);
}

/** @param args the arguments of the command, in the order of `takes` */
export function commandOf(name: Command['name'], args: readonly string[], lines = false): Command {
  const [folder = '', one = '', two = ''] = args;
  switch (name) {
    case 'inspect':
      return { name, folder, lines };
    case 'verify':
    case 'compact':
      return { name, folder };
    case 'backup':
    case 'restore':
      return { name, folder, file: one };
    case 'rename':
      return { name, folder, from: one, to: two };
  }
}

/** The text that `--help` prints. */
export function help(): string {
  const commands = Object.entries(COMMANDS).map(
    ([name, { takes, help }]) => `  ${[name, ...takes].join(' ').padEnd(24)}${help}`,
  );
  const options = Object.entries(OPTIONS).map(([name, { help }]) => `  ${`--${name}`.padEnd(24)}${help}`);
  return [
    'Usage: iot-store <command> FOLDER [...]',
    '',
    'Shows, checks and maintains a store of sessions that no process has open.',
    '',
    ...commands,
    '',
    ...options,
    '',
  ].join('\n');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Use only the first sentence: the rest explains how to pass positional arguments that begin with a dash.
    throw wrong((error as Error).message.split(/\. |\n/, 1)[0]!);
  }
}

function isCommand(name: string): name is Command['name'] {
  return Object.hasOwn(COMMANDS, name);
}

function wrong(what: string): UsageError {
  return new UsageError('ERR_BAD_OPTION', `${what} (see --help)`);
}
