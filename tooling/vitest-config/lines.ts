/** `name 0`, `name 1` … */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${i}`);
}

/**
 * Reads this number of lines from one end of a link. After each line, calls `each` with the number of lines
 * so far.
 */
export async function take(
  end: { readline(): Promise<string> },
  count: number,
  each: (count: number) => void | Promise<void> = () => undefined,
): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < count) {
    lines.push(await end.readline());
    await each(lines.length);
  }
  return lines;
}
