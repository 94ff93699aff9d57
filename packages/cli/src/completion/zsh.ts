import type { CommandEntry } from '../command-tree.js';
import { places, type Place } from './places.js';

/** Makes the completion script for zsh: a file `_iot` in a folder of `$fpath`. */
export function zsh(tree: readonly CommandEntry[]): string {
  const all = places(tree);
  const descriptions = new Map(all.map(({ at, description }) => [at, description]));
  const choice = ({ at, commands, options, takesFiles }: Place): string => {
    const below = commands.map((name) => described(name, descriptions.get(`${at} ${name}`)!));
    const flags = options.flatMap(({ names, description }) =>
      names.map((name) => described(name, description)),
    );
    return [
      `    (${quoted(at)})`,
      `      commands=(${below.join(' ')})`,
      `      options=(${flags.join(' ')})`,
      ...(takesFiles ? ['      files=yes'] : []),
      '      ;;',
    ].join('\n');
  };
  return `#compdef iot
# zsh completion for iot: iot completion zsh > _iot, in a folder of $fpath
_iot() {
  local at= word files=
  local -a commands options
  for word in \${words[2,CURRENT-1]}; do
    case "$at $word" in
      (${all
        .slice(1)
        .map(({ at }) => quoted(at))
        .join('|')}) at+=" $word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${all.flatMap(values).join('\n')}
  esac
  case $at in
${all.map(choice).join('\n')}
  esac
  (( $#commands )) && _describe -t commands command commands
  [[ -n $files ]] && _files
  _describe -o -t options option options
}
if [[ $funcstack[1] == _iot ]]; then _iot "$@"; else compdef _iot iot; fi
`;
}

function values({ at, options }: Place): string[] {
  return options
    .filter(({ value }) => value !== undefined)
    .map(({ names, value }) => {
      const pattern = names.map((name) => quoted(`${at} ${name}`)).join('|');
      if (value === 'file') return `    (${pattern}) _files; return ;;`;
      return `    (${pattern}) ${value === 'other' ? '' : `compadd -- ${value!.join(' ')}; `}return ;;`;
    });
}

/** Joins name and description with a colon, the separator of `_describe`. Colons in the description are escaped. */
function described(name: string, description: string): string {
  return quoted(`${name}:${description.replaceAll(':', '\\:')}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
