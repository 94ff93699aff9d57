/**
 * Parses JSON. Returns undefined for text that is not JSON, and for JSON that is nested too deeply to be
 * printed as JSON again.
 */
export function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}
