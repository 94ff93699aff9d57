/**
 * Makes the topics of boards from templates such as `iot/{id}/up`, and finds the id in a topic.
 *
 * A topic level is the text between two slashes. An id can contain characters that a level cannot contain, so ids are
 * escaped. These characters are `+`, `#`, `/`, `%`, control characters, Unicode non-characters, and a `$` at the beginning.
 * Each byte of their UTF-8 form becomes `%` and two upper-case hexadecimal digits. Other characters stay unchanged. Two
 * different ids never have the same topic, and `unescapeLevel` returns the id.
 */
import { UsageError } from '@iot/server';

const NOT_IN_A_LEVEL = /^\$|[%+#/]|\p{Cc}|\p{Noncharacter_Code_Point}/gu;

/** Escapes a text so that it can be one level of a topic. */
export function escapeLevel(text: string): string {
  return text.replace(NOT_IN_A_LEVEL, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

/** The inverse of `escapeLevel`: returns the text of a level; undefined for a level that `escapeLevel` cannot return. */
export function unescapeLevel(level: string): string | undefined {
  const text = level.replace(/(?:%[0-9A-F]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
  );
  return escapeLevel(text) === level ? text : undefined;
}

/**
 * Makes the object id of Home Assistant from an id. It can have only letters, digits, `-` and `_`. So `_` becomes `__`, and
 * each byte of any other character becomes `_` and two upper-case hexadecimal digits. Two different ids never have the same
 * object id.
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

/** A topic with names in braces, such as `iot/{id}/up`. Values replace the names. Each name is a whole level. */
export class TopicTemplate {
  readonly #levels: readonly string[];
  readonly #names: readonly string[];

  /**
   * @param option name of the option with this template, for the error
   * @param names the names that must be in the template, each once
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
        `${option} must be a topic that contains ${wanted.join(' and ')} once, as a whole level, and no + or #, ` +
          `not ${JSON.stringify(text)}`,
      );
    }
  }

  /** The topic with these values. @param values the values by name; this method escapes them */
  topic(values: Readonly<Record<string, string>>): string {
    return this.#levels
      .map((level) => (this.#isName(level) ? escapeLevel(values[level.slice(1, -1)]!) : level))
      .join('/');
  }

  /** The topic filter for a subscription that all topics of this template match. */
  get filter(): string {
    return this.#levels.map((level) => (this.#isName(level) ? '+' : level)).join('/');
  }

  /** True when some topic matches both templates. */
  overlaps(other: TopicTemplate): boolean {
    return (
      this.#levels.length === other.#levels.length &&
      this.#levels.every((level, index) => {
        const its = other.#levels[index]!;
        return level === its || this.#isName(level) || other.#isName(its);
      })
    );
  }

  /** The value of a name in a topic of this template; undefined for any other topic. */
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
