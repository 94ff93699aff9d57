import type { CommandEntry } from '../command-tree.js';
import { places, type Place } from './places.js';

/** Makes the completion script for fish: `iot completion fish | source`. */
export function fish(tree: readonly CommandEntry[]): string {
  const all = places(tree);
  const descriptions = new Map(all.map(({ at, description }) => [at, description]));
  const rows = ({ at, commands, options, takesFiles }: Place): string[] => {
    const here = `complete -c iot -n ${quoted(`__iot_at '${at}'`)}`;
    return [
      ...commands.map((name) => `${here} -a ${name} -d ${quoted(descriptions.get(`${at} ${name}`)!)}`),
      ...(takesFiles ? [`${here} -F`] : []),
      ...options.map(({ names, description, value }) => {
        const flags = names.map((name) =>
          name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        );
        const takes =
          value === undefined
            ? ''
            : value === 'file'
              ? ' -r -F'
              : ` -x${value === 'other' ? '' : ` -a ${quoted(value.join(' '))}`}`;
        return `${here} ${flags.join(' ')}${takes} -d ${quoted(description)}`;
      }),
    ];
  };
  return `# fish completion for iot: iot completion fish | source
function __iot_at
  set -l at ''
  for word in (commandline -opc)[2..]
    switch "$at $word"
      case ${all
        .slice(1)
        .map(({ at }) => quoted(at))
        .join(' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
complete -c iot -f
${all.flatMap(rows).join('\n')}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
