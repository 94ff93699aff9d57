/** What the application's code, or its store, has thrown, in words; it may be anything. */
export function whyOf(thrown: unknown): string {
  try {
    const text: unknown = thrown instanceof Error ? thrown.message : thrown;
    return String(text);
  } catch {
    return 'what it threw has no text';
  }
}
