/**
 * Parses the output of `nmcli --terse --escape yes` or `nmcli --get-values`. Each line is a row. Its fields are separated by
 * colons. A colon or a backslash within a field is escaped by a backslash.
 */

/** Returns the rows of an output, each as a list of its unescaped fields. */
export function nmcliRows(output: string): string[][] {
  const lines = output.split('\n');
  // The text after the last newline is not a row. An empty line before it is a row with one empty field.
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
