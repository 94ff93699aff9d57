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

/**
 * Publishes what the board sends, one line after the other, until its connection is closed. A line is done when the broker
 * has all that it became, or the dead letters have what the broker does not take.
 */
export async function up(board: Connection, options: UpOptions): Promise<void> {
  const { outbox, deadLetters } = options;
  for await (const message of board.messages()) {
    const publish = async (publication: Publication): Promise<void> => {
      const answer = await outbox.publish(publication);
      if (answer.type === 'taken') return;
      const { topic, payload } = publication;
      await deadLetters.put({ direction: 'up', id: board.id, topic, payload, why: answer.why });
    };
    await Promise.all(publications(board.id, message.text, options).map(publish));
    message.done();
  }
}

/** The line itself; with `fields` also each field of a JSON object, retained. */
function publications(
  id: string,
  line: string,
  { topics, retain, fields }: Pick<UpOptions, 'topics' | 'retain' | 'fields'>,
): Publication[] {
  const whole = { topic: topics.up.topic({ id }), payload: line, retain };
  if (!fields) return [whole];
  const values = Object.entries(jsonObject(line)).filter(([name]) => name !== '');
  return [
    whole,
    ...values.map(([field, value]) => ({
      topic: topics.field.topic({ id, field }),
      payload: typeof value === 'string' ? value : JSON.stringify(value),
      retain: true,
    })),
  ];
}

function jsonObject(line: string): object {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line) as object;
  } catch {
    return {};
  }
}
