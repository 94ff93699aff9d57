/** What was JSON; undefined for what is none, and for what is nested so deeply that it cannot be printed as JSON again. */
export function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}
