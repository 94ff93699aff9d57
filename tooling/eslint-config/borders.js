// Imports run one way: framing <- qos <- connection <- client | server | store-level | i2c-link <- admin | mqtt-gateway <- cli | apps.
import { defineConfig } from 'eslint/config';

const core = ['framing', 'qos', 'connection'];
const libraries = [
  ...core,
  'client',
  'server',
  'store-level',
  'i2c-link',
  'admin',
  'mqtt-gateway',
  'fault-proxy',
];
const published = [...libraries, 'cli'];

/** What the sources of each package may import from the workspace. */
export const mayImport = {
  framing: [],
  qos: ['framing'],
  connection: ['framing', 'qos'],
  client: core,
  server: core,
  'store-level': core,
  'i2c-link': [...core, 'client'],
  admin: [...core, 'server'],
  // Code of private packages is bundled into the commands of these packages.
  'mqtt-gateway': [...core, 'server', 'store-level', 'app-kit'],
  'fault-proxy': ['app-kit'],
  cli: [...libraries, 'app-kit'],

  'demo-server': [...libraries, 'app-kit'],
  'remote-control': [...libraries, 'app-kit'],
  'qos-test': [...libraries, 'app-kit'],
  'glue-examples': [...libraries, 'app-kit'],

  // Generic: tests pass in the machines. An import of another package would make a cycle.
  simulation: [],
  'reference-models': ['simulation'],
  integration: [...libraries, 'reference-models', 'simulation'],
  'app-kit': ['client', 'server', 'vitest-config'],
  explore: ['framing', 'qos'],
  mutants: [],
  'release-smoke-test': [],
  checks: [],
  'browser-test': ['framing', 'qos', 'client', 'server', 'admin', 'fault-proxy'],
  bench: [...libraries, 'app-kit', 'simulation', 'vitest-config'],
};

/**
 * Within a package: what the sources of each folder may import from other folders of the package, and from
 * the workspace.
 */
const folders = {
  'i2c-link': {
    channel: { beside: [], packages: core },
    messages: { beside: [], packages: ['framing', 'qos'] },
    // A board has no network: it must not load the client.
    board: { beside: ['channel', 'messages'], packages: core },
    bridge: { beside: ['channel', 'messages'], packages: [...core, 'client'] },
    linux: { beside: ['channel'], packages: core },
    testing: { beside: ['channel'], packages: core },
    cli: { beside: ['bridge', 'channel', 'linux'], packages: [...core, 'client'] },
  },
};

const pureNames = ['framing', 'qos'];

export const isPure = (name) => pureNames.includes(name);

/** Forbids, in the sources of the package `name` and of its folders, imports in the wrong direction. */
export function borders(name) {
  const allowed = mayImport[name];
  if (!allowed) throw new Error(`${name} has no row in tooling/eslint-config/borders.js`);
  const inFolders = Object.entries(folders[name] ?? {}).map(([folder, { beside, packages }]) =>
    forbid(`src/${folder}/**/*.ts`, [
      ...patternsOf(name, `@iot/${name}, ${folder}/,`, packages),
      {
        regex: `^\\.\\./(?!(?:${beside.join('|')})/)`,
        message: `${folder}/ may import ${beside.map((it) => `${it}/`).join(', ') || 'no other folder'}.`,
      },
    ]),
  );
  return defineConfig(forbid('src/**/*.ts', patternsOf(name, `@iot/${name}`, allowed)), ...inFolders);
}

function forbid(files, patterns) {
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

function patternsOf(name, who, allowed) {
  const patterns = [
    {
      regex: allowed.length > 0 ? `^@iot/(?!(?:${allowed.join('|')})(?:/|$))` : '^@iot/',
      message: `${who} may import ${allowed.map((it) => `@iot/${it}`).join(', ') || 'no @iot package'}.`,
    },
    {
      regex: '^@iot/[^/]+/(src|dist)(/|$)|\\.\\./[^.].*/src/',
      message: 'Import another package by its public entry points.',
    },
  ];
  if (!published.includes(name)) {
    patterns.push({
      regex: '^@iot/[^/]+/internal$',
      message: 'What is internal is for the published packages alone.',
    });
  }
  if (isPure(name)) {
    patterns.push({
      regex: '^(node:|(assert|buffer|crypto|events|fs|net|os|process|stream|timers|util)(/|$))',
      message: 'A pure package imports nothing from Node.',
    });
  }
  return patterns;
}
