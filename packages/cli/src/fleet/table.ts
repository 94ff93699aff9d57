/** Formats rows in columns. Numbers are aligned to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => String(row[column]).length)));
  return all.map((row) =>
    row
      .map((cell, column) => {
        const isNumber = typeof (rows[0]?.[column] ?? '') === 'number';
        return isNumber ? String(cell).padStart(widths[column]!) : String(cell).padEnd(widths[column]!);
      })
      .join('  ')
      .trimEnd(),
  );
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** The time between two times (ms since 1970), in at most two units: `3 d 4 h`. */
export function span(from: number, to: number): string {
  let seconds = Math.max(0, Math.round((to - from) / 1000));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(seconds / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    seconds -= count * size;
  }
  parts.push(`${seconds} s`);
  return parts.slice(0, 2).join(' ');
}
