/** The commands of `iot` as data. Completion scripts and the manual are made from this data. */
import type { Command, Option } from 'commander';

export interface CommandEntry {
  /** The words that start it, without `iot`; empty for `iot` itself. */
  readonly words: readonly string[];
  readonly description: string;
  /** As the help shows it: `[options] <id>`. */
  readonly usage: string;
  readonly options: readonly OptionEntry[];
  /** True if its arguments are files, so that completion offers files. */
  readonly takesFiles: boolean;
  /** The names of its subcommands. */
  readonly commands: readonly string[];
}

export interface OptionEntry {
  /** As the help shows it: `--file <file>`. */
  readonly flags: string;
  /** `--file`, and `-h` of the help. */
  readonly names: readonly string[];
  readonly description: string;
  /** Undefined for a flag. */
  readonly value: 'file' | 'other' | readonly string[] | undefined;
  readonly variable: string | undefined;
}

/** The command and all its subcommands, as the help shows them. */
export function treeOf(command: Command, words: readonly string[] = []): CommandEntry[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  const entry: CommandEntry = {
    words,
    description: command.description(),
    usage: command.usage(),
    options: help
      .visibleOptions(command)
      .map((option) => optionEntry(option, help.optionDescription(option))),
    takesFiles: command.registeredArguments.some((argument) => isFile(`<${argument.name()}>`)),
    commands: below.map((each) => each.name()),
  };
  return [entry, ...below.flatMap((each) => treeOf(each, [...words, each.name()]))];
}

function optionEntry(
  { flags, long, short, required, optional, argChoices, envVar }: Option,
  description: string,
): OptionEntry {
  const takesValue = required || optional;
  return {
    flags,
    names: [short, long].filter((name) => name != null),
    description,
    value: takesValue ? (argChoices ?? (isFile(flags) ? 'file' : 'other')) : undefined,
    variable: envVar,
  };
}

function isFile(flags: string): boolean {
  return /<(file|folder)>/.test(flags);
}
