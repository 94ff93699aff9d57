/** The manual page `man/iot.1`, made from the commands and options that there are. */
import type { CommandEntry, OptionEntry } from '../../src/command-tree.js';
import { EXIT_CODES } from '../../src/exit-codes.js';

/** Variables that belong to no option. */
const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ['NO_COLOR', 'No colours, whatever its value is.'],
];

const FILES: readonly (readonly [path: string, meaning: string])[] = [
  [
    'keys.psk',
    'Keys of clients for TLS, a line ID:KEY for each, with the key in hexadecimal digits. Only its owner may read it.',
  ],
  [
    'dead-letters.jsonl',
    'Messages that the broker did not take, or that no board could get, a JSON object a line.',
  ],
];

export function manual(tree: readonly CommandEntry[]): string {
  const [iot, ...commands] = tree;
  const variables = new Map(VARIABLES);
  for (const { variable, names } of tree.flatMap(({ options }) => options)) {
    if (variable === undefined) continue;
    const having = commands.filter(({ options }) => options.some((option) => option.variable === variable));
    const list = having.map(({ words }) => words.join(' ')).join(', ');
    variables.set(variable, `In place of the option ${names[0]!} of iot ${list}.`);
  }
  return [
    '.\\" Made by `npx vitest run test/manual -u`; edit the commands.',
    '.TH IOT 1',
    '.SH NAME',
    `iot \\- ${text(iot!.description)}`,
    '.SH SYNOPSIS',
    '.B iot',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    'A result goes to standard output, and what is said about it to standard error. An error is one line.',
    '.SH COMMANDS',
    ...commands.filter(({ commands }) => commands.length === 0).flatMap(section),
    '.SH ENVIRONMENT',
    ...[...variables].flatMap(([name, meaning]) => ['.TP', `.B ${text(name)}`, text(meaning)]),
    '.SH FILES',
    ...FILES.flatMap(([path, meaning]) => ['.TP', `.I ${text(path)}`, text(meaning)]),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_CODES).flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)]),
    '',
  ].join('\n');
}

function section({ words, usage, description, options }: CommandEntry): string[] {
  return [
    `.SS iot ${text(words.join(' '))} ${text(usage)}`,
    text(`${description[0]!.toUpperCase()}${description.slice(1)}.`),
    ...options.filter(({ names }) => !names.includes('--help')).flatMap(option),
  ];
}

function option({ flags, description }: OptionEntry): string[] {
  return ['.TP', `.B ${text(flags)}`, text(description)];
}

/** A line that roff prints as it is. */
function text(line: string): string {
  return line.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');
}
