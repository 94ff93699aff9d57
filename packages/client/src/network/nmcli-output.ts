/**
 * The terse output of `nmcli` (`--terse --escape yes`, or `--get-values`): a line a row, its fields separated by colons;
 * a colon or a backslash within a field is escaped by a backslash.
 */

/** The rows of an output, each with its fields as they were before escaping. */
export function nmcliRows(output: string): string[][] {
  const lines = output.split('\n');
  // What follows the last newline is no row; an empty line before it is one, whose only field is empty.
  if (lines.at(-1) === '') lines.pop();
  return lines.map(nmcliFields);
}

function nmcliFields(line: string): string[] {
  const fields = [''];
  for (const [part] of line.matchAll(/\\?./gsu)) {
    if (part === ':') fields.push('');
    else fields.push(`${fields.pop() ?? ''}${unescaped(part)}`);
  }
  return fields;
}

function unescaped(part: string): string {
  return part === '\\:' || part === '\\\\' ? part.slice(1) : part;
}
