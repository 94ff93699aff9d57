/** What the packages bring with them to those who install them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAudit } from '../src/audit-report.js';
import { ROOT } from '../src/markdown.js';

const AT_INSTALL = ['preinstall', 'install', 'postinstall', 'prepare'];

it.each(readdirSync(join(ROOT, 'packages')))('%s runs no script when it is installed', (name) => {
  const text = readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8');
  const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
  expect(Object.keys(scripts).filter((script) => AT_INSTALL.includes(script))).toEqual([]);
});

describe('the audit', () => {
  const advisory = (severity: string) => ({
    module_name: 'left',
    severity,
    title: 'It leaks',
    url: 'https://example.org/1',
  });

  it('fails for serious advisories alone', () => {
    const advisories = { 1: advisory('critical'), 2: advisory('high'), 3: advisory('moderate') };
    expect(readAudit(JSON.stringify({ advisories }))).toEqual({
      type: 'audited',
      serious: [
        'left, critical: It leaks (https://example.org/1)',
        'left, high: It leaks (https://example.org/1)',
      ],
      others: 1,
    });
  });

  it('says when the registry has none', () => {
    const error = { code: 'ERR_PNPM_AUDIT_BAD_RESPONSE', message: 'responded with 405' };
    expect(readAudit(JSON.stringify({ error }))).toEqual({ type: 'not-possible', why: error.code });
  });

  it('does not take a value that is not a report for one without advisories', () => {
    expect(() => readAudit('{}')).toThrow('no report');
  });
});
