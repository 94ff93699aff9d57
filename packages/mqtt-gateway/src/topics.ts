/**
 * Topics of boards: a template like `iot/{id}/up` with the id of a board, and back.
 *
 * An id may hold any character, a topic level may not. So an id is escaped: each byte (UTF-8) of a character that cannot
 * be in a topic level becomes `%` and two upper-case hexadecimal digits. Those characters are `+`, `#`, `/`, `%`
 * itself, control characters, Unicode non-characters, and a `$` at the beginning. All others stay as they are, so most
 * ids are unchanged, two ids never have the same topic, and `unescapeLevel` gives back the id.
 */
import { UsageError } from '@iot/server';

const NOT_IN_A_LEVEL = /^\$|[%+#/]|\p{Cc}|\p{Noncharacter_Code_Point}/gu;

/** A text as one level of a topic. */
export function escapeLevel(text: string): string {
  return text.replace(NOT_IN_A_LEVEL, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

/** The text that `escapeLevel` has made this level of; undefined when it has made it of none. */
export function unescapeLevel(level: string): string | undefined {
  const text = level.replace(/(?:%[0-9A-F]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
  );
  return escapeLevel(text) === level ? text : undefined;
}

/**
 * An id as the object id of Home Assistant, which takes letters, digits, `-` and `_` only: `_` becomes `__`, and each byte
 * of any other character `_` and two upper-case hexadecimal digits. Two ids never have the same one.
 */
export function objectId(id: string): string {
  return id.replace(/[^A-Za-z0-9-]/gu, (character) =>
    character === '_'
      ? '__'
      : [...Buffer.from(character)]
          .map((byte) => `_${byte.toString(16).toUpperCase().padStart(2, '0')}`)
          .join(''),
  );
}

/** A topic with the names of values in it, each as a level of its own: `iot/{id}/up`. */
export class TopicTemplate {
  readonly #levels: readonly string[];
  readonly #names: readonly string[];

  /**
   * @param option the option that it comes from, for the error
   * @param names the values that must be in it, each once
   * @throws UsageError `ERR_BAD_OPTION`
   */
  constructor(option: string, text: string, names: readonly string[]) {
    this.#levels = text.split('/');
    this.#names = names;
    const found = this.#levels.filter((level) => level.startsWith('{')).sort();
    const wanted = names.map((name) => `{${name}}`);
    const plain = this.#levels.filter((level) => !wanted.includes(level));
    if (found.join() !== [...wanted].sort().join() || plain.some((level) => escapeLevel(level) !== level)) {
      throw new UsageError(
        'ERR_BAD_OPTION',
        `${option} must be a topic with ${wanted.join(' and ')} once, as a level of its own, and without + and #: ` +
          `${JSON.stringify(text)} is none`,
      );
    }
  }

  /** @param values by name; they are escaped */
  topic(values: Readonly<Record<string, string>>): string {
    return this.#levels
      .map((level) => (this.#isName(level) ? escapeLevel(values[level.slice(1, -1)]!) : level))
      .join('/');
  }

  /** The filter that all its topics match. */
  get filter(): string {
    return this.#levels.map((level) => (this.#isName(level) ? '+' : level)).join('/');
  }

  /** The value of a name in one of its topics; undefined for another topic. */
  valueIn(topic: string, name: string): string | undefined {
    const levels = topic.split('/');
    const matches = (level: string, index: number): boolean => this.#isName(level) || level === levels[index];
    if (levels.length !== this.#levels.length || !this.#levels.every(matches)) return undefined;
    return unescapeLevel(levels[this.#levels.indexOf(`{${name}}`)]!);
  }

  #isName(level: string): boolean {
    return level.startsWith('{') && this.#names.includes(level.slice(1, -1));
  }
}
