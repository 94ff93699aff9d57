import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SMALLEST, type Bound } from '../src/bound.js';
import { loadMachines, SOURCES } from '../src/bundle.js';
import { PROTOCOLS } from '../src/protocols.js';
import { explore, type FoundViolation } from '../src/search.js';

const patches = fileURLToPath(new URL('../../mutants/patches', import.meta.url));

/** What the explorer finds in a copy of the session's sources, with one rule broken. */
async function findingWith(
  version: string,
  bound: Bound,
  mutant?: string,
): Promise<FoundViolation | undefined> {
  const copy = mkdtempSync(join(tmpdir(), 'explore-'));
  try {
    cpSync(SOURCES.qos, join(copy, 'src'), { recursive: true });
    if (mutant !== undefined) {
      execFileSync('git', ['apply', '-p3', join(patches, `${mutant}.patch`)], { cwd: copy });
    }
    const machines = await loadMachines(bound, { ...SOURCES, qos: join(copy, 'src') });
    return explore({ machines, protocol: PROTOCOLS[version]!, bound }).violation;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

describe('a small bound finds what is wrong', () => {
  it.each([
    {
      mutant: 'duplicates-record',
      bound: { linesUp: 1, links: 2, cuts: 1, quiet: 0 },
      message: '"up0" was delivered twice',
    },
    {
      mutant: 'ack-on-later-link',
      bound: { linesUp: 2, links: 2, restarts: 1, quiet: 0, ackWhen: 'read' },
      message: 'line 1 of up was resolved and not delivered',
    },
    {
      mutant: 'retransmission',
      bound: { linesUp: 4, quiet: 0, ackWhen: 'read', maxUnread: 1, wait: false },
      message: 'a deadline of the client stays due after its tick',
    },
    {
      mutant: 'stored-ack-before-stored-v1',
      bound: {
        linesUp: 1,
        links: 2,
        restarts: 1,
        stored: 'server',
        restartsOf: 'server',
        silent: false,
        quiet: 0,
      },
      message: 'line 0 of up was resolved and not delivered',
    },
    {
      mutant: 'stored-sent-before-stored-v2',
      bound: {
        linesUp: 1,
        links: 2,
        restarts: 1,
        stored: 'client',
        restartsOf: 'client',
        silent: false,
        quiet: 0,
      },
      message: 'an end ends the link (gap), and nothing has happened that explains it',
    },
    {
      mutant: 'v2-no-sent-in-ack',
      bound: { linesUp: 1, links: 2, vanish: 1, silent: false, quiet: 0 },
      message: 'a write is never resolved although nothing more goes wrong',
    },
  ] as const)('when the rule $mutant is broken, and only then', async ({ mutant, bound, message }) => {
    const whole = { ...SMALLEST, ...bound };
    const version = mutant.includes('v2') ? '2' : '1';
    expect(await findingWith(version, whole)).toBeUndefined();
    const found = await findingWith(version, whole, mutant);
    expect(found?.message).toBe(message);
    expect(found?.path.join('\n')).toContain('client connects: link 1');
  });
});
