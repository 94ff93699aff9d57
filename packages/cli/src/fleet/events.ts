/** Reads a stream of server-sent events, as far as the admin interface uses them. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Ends with the stream. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop()!;
    for (const part of parts) {
      const event = read(part);
      if (event !== undefined) yield event;
    }
  }
}

/** Undefined for a comment, and for what says when to come back. */
function read(part: string): StreamEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of part.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields.set(name, value!);
  }
  const [type, data] = [fields.get('event'), fields.get('data')];
  if (type === undefined || data === undefined) return undefined;
  return { id: fields.get('id'), type, data: JSON.parse(data) as StreamEvent['data'] };
}
