import type { CommandEntry } from '../command-tree.js';
import { places, type Place } from './places.js';

/** Makes the completion script for bash: `source <(iot completion bash)`. */
export function bash(tree: readonly CommandEntry[]): string {
  const all = places(tree);
  return `# bash completion for iot: source <(iot completion bash)
_iot() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} at= words= files= index
  local IFS=$'\\n'
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$at \${COMP_WORDS[index]}" in
    ${all
      .slice(1)
      .map(({ at }) => quoted(at))
      .join(' | ')}) at+=" \${COMP_WORDS[index]}" ;;
    esac
  done
  case "$at $before" in
${all.flatMap(values).join('\n')}
  *)
    case $at in
${all.map(choice).join('\n')}
    esac
    ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ $files && $current != -* ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -F _iot iot
`;
}

/** Completes the value of an option before the cursor. */
function values({ at, options }: Place): string[] {
  return options
    .filter(({ value }) => value !== undefined)
    .map(({ names, value }) => {
      const pattern = names.map((name) => quoted(`${at} ${name}`)).join(' | ');
      if (value === 'file') return `  ${pattern}) files=yes ;;`;
      return `  ${pattern}) words=${value === 'other' ? '' : listed(value!)} ;;`;
    });
}

function choice({ at, commands, options, takesFiles }: Place): string {
  const words = [...commands, ...options.flatMap(({ names }) => names)];
  return `    ${quoted(at)}) words=${listed(words)}${takesFiles ? ' files=yes' : ''} ;;`;
}

function listed(words: readonly string[]): string {
  return `$'${words.join('\\n')}'`;
}

function quoted(text: string): string {
  return `'${text}'`;
}
