/** The message of an error that the application or its store has thrown. The thrown value may be of any type. */
export function whyOf(thrown: unknown): string {
  try {
    const text: unknown = thrown instanceof Error ? thrown.message : thrown;
    return String(text);
  } catch {
    return 'the thrown value cannot be shown as text';
  }
}
