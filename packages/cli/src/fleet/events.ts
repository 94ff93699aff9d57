/** Parses a stream of server-sent events. Supports only the fields that the admin interface uses. */
import { CommandError } from '../exit-codes.js';
import { jsonOf } from './json.js';

export interface StreamEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Maximum length of one event, in characters: more than the longest line with each character escaped. */
const LONGEST = 1024 * 1024;

/** The ids that are allowed in the header `last-event-id`. */
const HEADER = /^[\x21-\x7e]+$/;

/**
 * Yields the events until the stream ends.
 *
 * @throws CommandError if the stream does not consist of events
 */
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
    if (text.length > LONGEST) throw notAnEventStream();
  }
}

/** Undefined for a comment, and for a part that only sets the retry time. */
function read(part: string): StreamEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of part.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields.set(name, value!);
  }
  const [type, data] = [fields.get('event'), fields.get('data')];
  if (type === undefined || data === undefined) return undefined;
  const value = jsonOf(data);
  if (typeof value !== 'object' || value === null) throw notAnEventStream();
  const id = fields.get('id') ?? '';
  return { id: HEADER.test(id) ? id : undefined, type, data: value as StreamEvent['data'] };
}

function notAnEventStream(): CommandError {
  return new CommandError(1, 'the answer is not a stream of events: is --url an admin interface?');
}
