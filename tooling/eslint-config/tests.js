import { defineConfig } from 'eslint/config';

const message = 'A test that does not run proves nothing: fix it or delete it.';
const runner = '/^(it|test|describe|suite)$/';
const switchedOff = '/^(only|skip|todo)$/';

export const tests = defineConfig({
  files: ['test/**/*.ts'],
  rules: {
    'no-restricted-syntax': [
      'error',
      { selector: `MemberExpression[object.name=${runner}][property.name=${switchedOff}]`, message },
      { selector: `MemberExpression[object.object.name=${runner}][property.name=${switchedOff}]`, message },
      {
        selector: `CallExpression[callee.name=${runner}] > ObjectExpression > Property[key.name=${switchedOff}]`,
        message,
      },
    ],
    'no-console': 'off',
    // Test doubles implement async ports without waiting, and are passed as unbound methods.
    '@typescript-eslint/require-await': 'off',
    '@typescript-eslint/unbound-method': 'off',
    '@typescript-eslint/no-empty-function': 'off',
  },
});
