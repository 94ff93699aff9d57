/**
 * Shapes check the values of a configuration. A shape is a function that reads a node of YAML and returns its value. JSON can
 * be read too, because it is also YAML. An error names the key, and the line if the value comes from a file.
 */
import { UsageError } from '@iot/server';
import { Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** A value with its place in the configuration, for errors. */
export interface Place {
  /** The file; undefined for a value that a program passes. */
  readonly file: string | undefined;
  readonly lines: LineCounter;
  /** The path of keys to the value, such as `a.b`. */
  readonly key: string;
  readonly node: unknown;
  /** The offset of the value's key in the file. */
  readonly start: number | undefined;
}

/** Returns the value. @throws UsageError `ERR_BAD_OPTION` when the value does not have this shape */
export type Shape<T> = (place: Place) => T;

type Values<S> = { readonly [K in keyof S]?: S[K] extends Shape<infer T> ? T : never };

/** Reads the text of a file. @throws UsageError `ERR_BAD_OPTION` with file, line and key */
export function readText<T>(shape: Shape<T>, text: string, file: string): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = { file, lines, key: '', node: document.contents, start: 0 };
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    // Do not show the parser's message: it may quote the file, which may contain a password.
    throw new UsageError('ERR_BAD_OPTION', `${file}, line ${line}: this is not valid YAML (${error.code})`);
  }
  return shape(place);
}

/** Reads a value that a program passes. @throws UsageError `ERR_BAD_OPTION` with the key */
export function readValue<T>(shape: Shape<T>, value: unknown, key: string): T {
  const node = new Document(value).contents;
  return shape({ file: undefined, lines: new LineCounter(), key, node, start: undefined });
}

/** The shape of an object. It can have the keys of `shapes` and no others, and must have those of `required`. */
export function object<S extends Record<string, Shape<unknown>>, R extends keyof S & string = never>(
  shapes: S,
  required: readonly R[] = [],
): Shape<Values<S> & Required<Pick<Values<S>, R>>> {
  return (place) => {
    const entries = entriesOf(place);
    const found = new Map(entries.map(({ name, at }) => [name, at]));
    for (const { name, at } of entries) {
      if (!Object.hasOwn(shapes, name))
        throw wrong(at, `is an unknown key; known keys are ${Object.keys(shapes).join(', ')}`);
    }
    const missing = required.find((name) => !found.has(name));
    if (missing !== undefined) throw wrong(place, `needs the key ${missing}`);
    const values = entries.map(({ name, at }) => [name, shapes[name]!(at)]);
    return Object.fromEntries(values) as Values<S> & Required<Pick<Values<S>, R>>;
  };
}

/** The shape of an object with any keys that match `keys`, whose values all have one shape. */
export function mapOf<T>(shape: Shape<T>, keys = /[^]/, form = ''): Shape<Readonly<Record<string, T>>> {
  return (place) =>
    Object.fromEntries(
      entriesOf(place).map(({ name, at }) => {
        if (!keys.test(name)) throw wrong(at, `is not a valid name: it must consist of ${form}`);
        return [name, shape(at)];
      }),
    );
}

/** The shape of an object that has one of several shapes. The value of `key` is the name of the shape. */
export function variant<V extends Record<string, Shape<unknown>>>(
  key: string,
  variants: V,
): Shape<{ [K in keyof V]: V[K] extends Shape<infer T> ? T : never }[keyof V]> {
  return (place) => {
    const at = entriesOf(place).find(({ name }) => name === key)?.at;
    if (at === undefined) throw wrong(place, `needs the key ${key}`);
    return variants[oneOf(...Object.keys(variants))(at)]!(place) as never;
  };
}

export const text: Shape<string> = (place) => {
  const value = scalar(place);
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(place, 'must be a text');
};

export const flag: Shape<boolean> = (place) => {
  const value = scalar(place);
  if (typeof value === 'boolean') return value;
  throw wrong(place, 'must be true or false');
};

export const number: Shape<number> = (place) => {
  const value = scalar(place);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(place, 'must be a number');
};

export function whole(least: number, most: number): Shape<number> {
  return (place) => {
    const value = scalar(place);
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    throw wrong(place, `must be a whole number from ${least} to ${most}`);
  };
}

/** The shape of a list whose items all have one shape. */
export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (place) => {
    if (!isSeq(place.node)) throw wrong(place, 'must be a list');
    return place.node.items.map((node, index) => {
      const start = isNode(node) ? node.range?.[0] : undefined;
      return shape({ ...place, key: `${place.key}[${index}]`, node, start });
    });
  };
}

/** The shape of either this one value, or a value of this shape. */
export function or<const V extends boolean, T>(value: V, shape: Shape<T>): Shape<V | T> {
  return (place) => (scalar(place) === value ? value : shape(place));
}

export function oneOf<T extends string>(...values: readonly T[]): Shape<T> {
  return (place) => {
    const found = values.find((value) => value === scalar(place));
    if (found !== undefined) return found;
    throw wrong(place, `must be one of ${values.join(', ')}`);
  };
}

function scalar({ node }: Place): unknown {
  return isScalar(node) ? node.value : undefined;
}

function entriesOf(place: Place): { readonly name: string; readonly at: Place }[] {
  const { node } = place;
  if (!isMap(node)) throw wrong(place, 'must be an object with keys');
  return node.items.map(({ key, value }) => {
    const name = String(isScalar(key) ? key.value : key);
    const start = isScalar(key) ? key.range?.[0] : undefined;
    return {
      name,
      at: { ...place, key: place.key === '' ? name : `${place.key}.${name}`, node: value, start },
    };
  });
}

function wrong({ file, lines, key, start }: Place, what: string): UsageError {
  const line = start === undefined ? '' : `, line ${lines.linePos(start).line}`;
  const where = file === undefined ? '' : `${file}${line}: `;
  return new UsageError('ERR_BAD_OPTION', `${where}${key === '' ? 'it' : printable(key)} ${what}`);
}

/** Escapes control characters, so that the key is printed on one line. */
function printable(key: string): string {
  return key.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
