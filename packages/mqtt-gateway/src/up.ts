/** Board to broker: what a line becomes, and when its board is acked. */
import type { Connection } from '@iot/server';
import type { DeadLetters } from './dead-letters.js';
import type { Outbox, Publication } from './outbox.js';
import type { Topics } from './options.js';

export interface UpOptions {
  readonly topics: Topics;
  readonly retain: boolean;
  readonly fields: boolean;
  readonly outbox: Outbox;
  readonly deadLetters: DeadLetters;
}

/** Lines of one board that are published and not done, at most: they cross the link to the broker together. */
const MOST_UNDER_WAY = 100;

/**
 * Publishes what the board sends, in its order, until its connection is closed. A line is done when those before it are, and
 * the broker has all that it became, or the dead letters have what the broker does not take. Rejects when they cannot.
 */
export function up(board: Connection, options: UpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    publishAll(board, options, reject).then(resolve, reject);
  });
}

async function publishAll(
  board: Connection,
  options: UpOptions,
  failed: (error: unknown) => void,
): Promise<void> {
  const underWay: Promise<void>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  for await (const message of board.messages()) {
    const { id } = board;
    const all = publications(id, message.text, options).map((it) => publish(id, it, options));
    const done = Promise.all([last, ...all]).then(() => message.done());
    done.catch(failed);
    last = done;
    underWay.push(done);
    if (underWay.length >= MOST_UNDER_WAY) await underWay.shift();
  }
}

/** Resolves when the broker, or the dead letters, have it. */
async function publish(id: string, publication: Publication, { outbox, deadLetters }: UpOptions) {
  const answer = await outbox.publish({ ...publication, order: id });
  if (answer.type === 'taken') return;
  const { topic, payload } = publication;
  await deadLetters.put({ direction: 'up', id, topic, payload, why: answer.why });
}

/** The line itself; with `fields` also each field of a JSON object, retained. */
function publications(
  id: string,
  line: string,
  { topics, retain, fields }: Pick<UpOptions, 'topics' | 'retain' | 'fields'>,
): Publication[] {
  const whole = { topic: topics.up.topic({ id }), payload: line, retain };
  if (!fields) return [whole];
  return [
    whole,
    ...fieldsOf(line).map(([field, payload]) => ({
      topic: topics.field.topic({ id, field }),
      payload,
      retain: true,
    })),
  ];
}

/** None of a line that is not a JSON object, and of one that is nested so deeply that its values cannot be written as JSON. */
function fieldsOf(line: string): (readonly [name: string, payload: string])[] {
  if (!line.startsWith('{')) return [];
  try {
    return Object.entries(JSON.parse(line) as object)
      .filter(([name]) => name !== '')
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
  } catch {
    return [];
  }
}
