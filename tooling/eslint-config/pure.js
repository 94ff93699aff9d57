// A pure package has no I/O and no clock: bytes and `now` go in, results and deadlines come out. So the whole
// protocol can run in virtual time. These rules reject I/O, clocks and randomness in the sources of a pure
// package. Its tests may use anything.
import { defineConfig } from 'eslint/config';

const because = 'A pure package has no I/O, no clock and no randomness: pass it in.';

const globals = [
  'DisposableStack',
  'AsyncDisposableStack',
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
  'performance',
  'process',
  'Buffer',
  'console',
  'crypto',
  'fetch',
  'require',
  'Promise',
  'Atomics',
  // It gives access to all globals listed above.
  'globalThis',
  'global',
];

const waits = 'Nothing pure awaits: calls are synchronous.';

export const pure = defineConfig({
  files: ['src/**/*.ts'],
  rules: {
    'no-restricted-globals': ['error', ...globals.map((name) => ({ name, message: because }))],
    'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: because }],
    'no-restricted-syntax': [
      'error',
      { selector: ':function[async=true]', message: waits },
      { selector: 'AwaitExpression', message: waits },
      { selector: 'ForOfStatement[await=true]', message: waits },
      { selector: 'VariableDeclaration[kind="await using"]', message: waits },
      { selector: 'TSTypeReference[typeName.name=/^(Promise|PromiseLike)$/]', message: waits },
      { selector: 'ImportExpression', message: waits },
    ],
  },
});
