// Imports run one way: framing <- qos <- connection <- client | server | i2c-link <- apps.
import { defineConfig } from 'eslint/config';

const core = ['framing', 'qos', 'connection'];
const published = [...core, 'client', 'server', 'i2c-link'];

/** What the sources of each package may import from the workspace. */
export const mayImport = {
  framing: [],
  qos: ['framing'],
  connection: ['framing', 'qos'],
  client: core,
  server: core,
  'i2c-link': [...core, 'client'],

  'demo-server': [...published, 'app-kit'],
  'remote-control': [...published, 'app-kit'],
  'qos-test': [...published, 'app-kit'],
  'glue-examples': [...published, 'app-kit'],

  // Generic: tests hand it the machines. An import from here would close a circle.
  simulation: [],
  originals: [],
  'fault-proxy': [],
  integration: [...published, 'fault-proxy', 'originals', 'simulation'],
  'app-kit': [],
  mutants: [],
  rehearsal: [],
  checks: [],
  docs: [],
  'browser-test': ['framing', 'qos'],
  bench: [...published, 'fault-proxy', 'originals', 'simulation'],
};

const pureNames = ['framing', 'qos'];

export const isPure = (name) => pureNames.includes(name);

/** Forbids, in the sources of the package `name`, the imports that would run against the stream. */
export function borders(name) {
  const allowed = mayImport[name];
  if (!allowed) throw new Error(`${name} has no row in tooling/eslint-config/borders.js`);
  const patterns = [
    {
      regex: allowed.length > 0 ? `^@iot/(?!(?:${allowed.join('|')})(?:/|$))` : '^@iot/',
      message: `@iot/${name} may import ${allowed.map((it) => `@iot/${it}`).join(', ') || 'no @iot package'}.`,
    },
    {
      regex: '^@iot/[^/]+/(src|dist)(/|$)|\\.\\./[^.].*/src/',
      message: 'Import another package by its public entry points.',
    },
  ];
  if (isPure(name)) {
    patterns.push({
      regex: '^(node:|(assert|buffer|crypto|events|fs|net|os|process|stream|timers|util)(/|$))',
      message: 'A pure package imports nothing from Node.',
    });
  }
  return defineConfig({
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  });
}
