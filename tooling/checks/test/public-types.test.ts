/** Who imports a package can name every type that its signatures name, and makes objects by its functions. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as admin from '@iot/admin';
import * as client from '@iot/client';
import * as faultProxy from '@iot/fault-proxy';
import * as boardEnd from '@iot/i2c-link/board';
import * as bridgeEnd from '@iot/i2c-link/bridge';
import * as mqttGateway from '@iot/mqtt-gateway';
import * as server from '@iot/server';
import * as storeLevel from '@iot/store-level';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { OPTIONS, programOf } from '../src/compiler.js';
import { ROOT } from '../src/markdown.js';
import { typesNotExported } from '../src/public-types.js';

interface Manifest {
  readonly name: string;
  /** None for a package that is a command alone. */
  readonly exports?: Readonly<Record<string, { readonly '@iot/source': string }>>;
}

/** The file of each public entry point, by the name under which it is imported. */
const entries = readdirSync(join(ROOT, 'packages')).flatMap((folder) => {
  const place = join(ROOT, 'packages', folder);
  const { name, exports = {} } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as Manifest;
  return Object.entries(exports)
    .filter(([path]) => path !== './internal')
    .map(([path, to]) => ({ name: join(name, path), file: join(place, to['@iot/source']) }));
});

const program = ts.createProgram(
  entries.map(({ file }) => file),
  OPTIONS,
);

it.each(entries)('$name exports every type that its signatures name', ({ file }) => {
  expect(typesNotExported(program, file)).toEqual([]);
});

const EXAMPLES: readonly (readonly [what: string, code: string, missing: readonly string[]])[] = [
  ['the argument of a function', 'export function take(one: Hidden): void {}', ['Hidden (of take)']],
  ['the result of a method', 'export class Open { get(): Promise<Hidden[]> {} }', ['Hidden (of Open)']],
  ['a base of a class', 'class Base {} export class Open extends Base {}', ['Base (of Open)']],
  ['a base of a type', 'export interface Open extends Pick<Hidden, "x"> {}', ['Hidden (of Open)']],
  ['the type of a value', 'class Made {} export const made = new Made();', ['Made (of made)']],
  ['of a constructor', 'export class Open { constructor(one: Hidden) {} }', ['Hidden (of Open)']],
  ['exported too', 'export function take(one: Hidden): void {} export type { Hidden };', []],
  ['of the language', 'export const made: Promise<Uint8Array> = Promise.reject();', []],
  ['private', 'export class Open { #one?: Hidden; private two?: Hidden; }', []],
  ['within a body', 'export function take(): void { let one: Hidden | undefined; }', []],
  ['of a constructor of a type', 'class Open { constructor(one: Hidden) {} } export type { Open };', []],
];
const places = EXAMPLES.map((_, index) => join(ROOT, `tooling/checks/example-${index}.ts`));
const examples = programOf(
  new Map(places.map((place, index) => [place, `interface Hidden { x: number } ${EXAMPLES[index]![1]}`])),
);

it.each(EXAMPLES.map(([what, , missing], index) => ({ what, missing, place: places[index]! })))(
  'a type that is $what: missing are $missing',
  ({ missing, place }) => {
    expect(typesNotExported(examples, place)).toEqual(missing);
  },
);

it.each([
  ['@iot/client', client],
  ['@iot/server', server],
  ['@iot/i2c-link/board', boardEnd],
  ['@iot/i2c-link/bridge', bridgeEnd],
])('the only classes that a program gets from %s are those of its errors', (_, module) => {
  const classes = Object.values<unknown>(module).filter(
    (value) => typeof value === 'function' && /^class\b/.test(String(value)),
  );
  const { ClosedError, DroppedError, IotError, LinkError, PeerError, StoreError, UsageError } = client;
  expect(new Set(classes)).toEqual(
    new Set([ClosedError, DroppedError, IotError, LinkError, PeerError, StoreError, UsageError]),
  );
});

it('a program gets a function from @iot/store-level, and the classes of its errors', () => {
  const errors = ['ClosedError', 'IotError', 'StoreError', 'UsageError'];
  expect(Object.keys(storeLevel).sort()).toEqual([...errors, 'levelStore']);
});

it('a program gets a function from @iot/admin, and the classes of its errors', () => {
  expect(Object.keys(admin).sort()).toEqual(['IotError', 'LinkError', 'UsageError', 'attachAdmin']);
});

it('a program gets functions from @iot/mqtt-gateway, and the classes of its errors', () => {
  const errors = ['ClosedError', 'IotError', 'LinkError', 'StoreError', 'UsageError'];
  const functions = ['describe', 'escapeLevel', 'startGateway', 'unescapeLevel'];
  expect(Object.keys(mqttGateway).sort()).toEqual([...errors, ...functions]);
});

it('a program gets functions and values from @iot/fault-proxy, the class of its errors, and what draws from a seed', () => {
  const functions = [
    'checkScript',
    'parseScript',
    'runScript',
    'seededScript',
    'startFaultProxy',
    'wholeLines',
  ];
  expect(Object.keys(faultProxy).sort()).toEqual([
    'FAULT_KINDS',
    'FaultProxyError',
    'SeededRandom',
    ...functions,
  ]);
});
