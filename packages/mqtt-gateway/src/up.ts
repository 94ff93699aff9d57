/**
 * Lines from the boards to the broker. A line is published to the topic `up` of its board. With the option `fields`, each
 * field of a JSON line is published too. A line is marked as done, and so acked if it was not acked before, when the broker
 * has answered all its publications.
 */
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

/** Maximum number of lines of one board that are published and not done. Several at a time make better use of the link. */
const MOST_UNDER_WAY = 100;

/**
 * Publishes the lines of a board in their order, until its connection is closed. A line is done when all lines before it are
 * done and the broker has acked all its publications. A publication that the broker does not accept becomes a dead letter.
 * Rejects when a dead letter cannot be written.
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

/** Resolves when the broker has acked the publication, or it was written to the dead letters. */
async function publish(id: string, publication: Publication, { outbox, deadLetters }: UpOptions) {
  const answer = await outbox.publish({ ...publication, order: id });
  if (answer.type === 'taken') return;
  const { topic, payload } = publication;
  await deadLetters.put({ direction: 'up', id, topic, payload, why: answer.why });
}

/** The publications of a line: the line itself; with `fields` also each field of a JSON object, retained. */
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

/**
 * The fields of a line that is a JSON object. Empty for any other line, and for an object that is nested too deeply for
 * `JSON.stringify`.
 */
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
