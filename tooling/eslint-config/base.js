import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';

export const base = defineConfig(
  globalIgnores(['dist/', '*.config.*', '**/*.{js,mjs,cjs}']),
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  prettier,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      // The type definitions have these, but Node 20 does not.
      'no-restricted-globals': ['error', 'DisposableStack', 'AsyncDisposableStack'],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.object.name="AbortSignal"][callee.property.name="any"] CallExpression[callee.object.name="AbortSignal"][callee.property.name="timeout"]',
          message:
            'Node 20 may collect the timeout as garbage, and it never comes. Take a timer and an AbortController.',
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Matters of taste.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `!` is allowed for array elements whose index was just checked, because of noUncheckedIndexedAccess.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Parsers use `while (true)` with a return inside.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
    },
  },
);
