/** Words that make a reader read a sentence twice, in every text file that git tracks, and what to write instead. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../src/markdown.js';

const WORDS: readonly (readonly [pattern: string, instead: string])[] = [
  ['for ?ever\\b', '"indefinitely", or nothing'],
  ['so many\\b', 'the number, or "this number of"'],
  ['anew\\b', '"again"'],
  ['tells\\b', '"reports", "shows", "sends" or "calls"'],
  ['of no use to\\b', 'what is missing'],
  ['(?:stands?|stood)\\b(?!-in)', '"is"'],
  ['such\\b(?! as\\b)', '"this", "of this kind"'],
  ['nobody\\b', 'what is not done: "is not read" for "nobody reads it"'],
  ['(?:what|that|which|who) (?:is|are|was|were) no\\b(?! (?:longer|more)\\b)', '"that is not a"'],
  [
    'behind\\b(?! (?:(?:a|an|the|one) )?(?:\\w+ )?(?:address|bridge|firewall|haproxy|load balancer|nat|proxy|router|stunnel|vpn)\\b)',
    '"after", or what it is connected to',
  ],
  ['(?:house|room|doorman|seat|twin)s?\\b', "the field's term; for room: space"],
  ['(?:life|lives)\\b', '"process" or "run"; "lifetime" where that is the term'],
  ['judge[sd]?\\b|judgements?\\b|patien(?:t|ce)', 'what is checked or waited for'],
  ['DESIGN\\.md', 'a document of this repository'],
  ['the seed\\b', '"a seed" of random numbers; "the MicroPython original"'],
];

/** Words of others, which are quoted as they are. */
const QUOTED = [
  /no such file or directory/gi, // the system's, for ENOENT
];

const OTHERS = /(?:^|\/)(?:pnpm-lock\.yaml|LICENSE|CHANGELOG\.md|corpus|fixtures)(?:\/|$)|\.webp$/;
const FILES = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !OTHERS.test(file) && !file.endsWith('checks/test/words.test.ts'));

/** A hyphen is one too, and so is a line's end, with the beginning of a comment on the next line. */
const SPACE = '(?:-|\\s+(?:(?:\\*|//|#)\\s+)?)';

const RULES = WORDS.map(([pattern, instead]) => ({
  pattern: new RegExp(`\\b(?:${pattern.replaceAll(' ', SPACE)})`, 'gi'),
  instead,
}));

/** `line: "words": write …` for each of them, in the order of the table. */
function found(text: string): string[] {
  const own = QUOTED.reduce((rest, quotation) => rest.replaceAll(quotation, ''), text);
  return RULES.flatMap(({ pattern, instead }) =>
    [...own.matchAll(pattern)].map(({ 0: words, index }) => {
      const line = own.slice(0, index).split('\n').length;
      return `${line}: "${words.replaceAll(/\s+/g, ' ')}": write ${instead}`;
    }),
  );
}

it('the repository has none of these words', () => {
  const all = FILES.flatMap((file) =>
    found(readFileSync(join(ROOT, file), 'utf8')).map((it) => `${file}:${it}`),
  );
  expect(all).toEqual([]);
});

it('they are looked for in code, tests, documents and settings', () => {
  const folders = [
    'README.md',
    'docs/PROTOCOL.md',
    'packages/qos/src/session.ts',
    'tooling/mutants/README.md',
  ];
  expect(FILES).toEqual(expect.arrayContaining([...folders, '.ci/run', 'deploy/compose.yaml']));
});

it('they are found, also over the end of a line', () => {
  expect(found('a\n * it waits for\n * ever\n')).toEqual([
    '2: "for * ever": write "indefinitely", or nothing',
  ]);
  expect(found('It comes behind it. What is no id?').map((it) => it.slice(0, 14))).toEqual([
    '1: "What is no',
    '1: "behind": w',
  ]);
});

it('a server behind a load balancer, addresses such as these and quotations are none', () => {
  const text =
    'A server behind the load balancer\n// has addresses such\n// as ::1. ENOENT: no such file or directory';
  expect(found(text)).toEqual([]);
});
