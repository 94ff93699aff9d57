import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { groupSuite, holdPort, Program } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';
import { readJournal } from '../campaign/journal.js';
import { verdictOn } from '../campaign/verdict.js';

/** The process ids that the campaign has printed. */
async function pids(campaign: Program): Promise<number[]> {
  const [, server, client] = await campaign.printed(/processes: server (\d+), client (\d+)\n/);
  return [Number(server), Number(client)];
}

/** A campaign that fails keeps them. */
function removeLogs(stdout: string): void {
  const [, logs] = /^logs: (.+)$/m.exec(stdout)!;
  rmSync(logs!, { recursive: true });
}

describe('the campaign', () => {
  it('keeps the promise in both modes, through outages of every kind and kills of both ends', async () => {
    const folder = temporaryFolder();
    const args = ['--messages', '4000', '--outages', '2', '--kills', '2', '--logs', folder];
    const { code, stdout, stderr } = await new Program('campaign', args).outcome;
    expect(stderr).toBe('');
    for (const mode of ['standard', 'fast']) {
      expect(stdout).toContain(`passed: the promise was kept in ${mode} mode\n`);
    }
    // written, acked, read, lost, doubled, out of order, sent again, dropped
    const flows = [...stdout.matchAll(/^\w+ to \w+ +4000 +\d+ +\d+ +0 +0 +\d+ +(\d+) +(\d+)$/gm)];
    expect(flows).toHaveLength(4);
    for (const [, again, dropped] of flows) {
      expect(Number(again)).toBeGreaterThan(0);
      // Both ends speak version 2, in which an end knows what the other has.
      expect(Number(dropped)).toBe(0);
    }
    for (const kind of ['FIN', 'RST', 'stall to server', 'stall to client', 'full stall']) {
      expect(stdout.match(new RegExp(`^${kind} +2 `, 'gm'))).toHaveLength(2);
    }
    expect(stdout.match(/^killed: client 2 times, server 2 times$/gm)).toHaveLength(2);
    expect(code).toBe(0);

    // One log for each run, and what is lost in them would be found.
    for (const mode of ['standard', 'fast']) {
      const logs = readdirSync(join(folder, mode)).sort();
      expect(logs).toEqual(
        ['client', 'server'].flatMap((end) => [1, 2, 3].map((run) => `${end}-${run}.bin`)),
      );
    }
    const records = readJournal(join(folder, 'standard', 'client-3.bin'));
    const sender = { run: 3, startedAt: 0, diedAt: undefined, records };
    const { written, lost } = verdictOn([sender], [{ run: 1, startedAt: 0, diedAt: undefined, records: [] }]);
    expect(written).toBeGreaterThan(0);
    expect(lost).toBe(written);
  });

  it('with stores, loses nothing in any kind of session, and removes the stores', async () => {
    const folder = temporaryFolder();
    const args = ['--store', 'relaxed', '--protocol', '1', '--mode', 'standard', '--messages', '300'];
    const kills = ['--outages', '0', '--kills', '1', '--logs', folder];
    const { code, stdout, stderr } = await new Program('campaign', [...args, ...kills]).outcome;
    expect(stderr).toBe('');
    expect(
      [...stdout.matchAll(/^passed: the promise was kept in (.*)$/gm)].map(([, round]) => round),
    ).toEqual([
      'standard mode, version 1, stores at both ends',
      'standard mode, version 1, identical texts, stores at both ends',
      'standard mode, version 1, original client, stores at the server',
    ]);
    // unresolved, held, twice
    expect(stdout.match(/^\w+ to \w+ +0 +0 +0 +\d+ +\d+$/gm)).toHaveLength(6);
    expect(code).toBe(0);
    for (const round of ['standard-v1', 'standard-v1-identical', 'standard-v1-original']) {
      expect(readdirSync(join(folder, round))).not.toContain('stores');
    }
  });

  it.each([
    ['keys', '1'],
    ['keys', '2'],
    ['certificates', '1'],
    ['certificates', '2'],
  ])('keeps the promise over TLS with %s, in version %s', async (kind, version) => {
    const folder = temporaryFolder();
    const size = ['--messages', '1000', '--outages', '1', '--kills', '1', '--mode', 'fast', '--logs', folder];
    const args = [...size, '--tls', kind, '--protocol', version, '--timeout', '600'];
    const { code, stdout, stderr } = await new Program('campaign', args).outcome;
    expect(stderr).toBe('');
    expect(stdout).toContain('passed: the promise was kept in fast mode\n');
    expect(stdout).toContain('killed: client 1 times, server 1 times\n');
    expect(code).toBe(0);
    const files = readdirSync(join(folder, 'fast'));
    expect(files).toContain(kind === 'keys' ? 'keys.psk' : 'client.crt');
  });

  it('runs for a time', async () => {
    const campaign = new Program('campaign', ['--seconds', '6', '--mode', 'standard', '--timeout', '150']);
    const { code, stdout } = await campaign.outcome;
    expect(stdout).toContain('passed');
    expect(code).toBe(0);
  });

  it('fails when it proves too little', async () => {
    const args = ['--seconds', '1', '--mode', 'fast'];
    const { code, stdout } = await new Program('campaign', args).outcome;
    expect(stdout).toMatch(/^FAILED: \w+: 0 of 1 outages met messages in flight$/m);
    removeLogs(stdout);
    expect(code).toBe(1);
  });

  it('says in one line that its port is taken', async () => {
    const port = await holdPort();
    const { code, stderr } = await new Program('campaign', ['--port', String(port)]).outcome;
    expect(stderr).toMatch(/^error: cannot listen on port \d+ \(EADDRINUSE\): .*another --port\n$/);
    expect(code).toBe(1);
  });

  groupSuite(
    async () => {
      const args = ['--messages', '1000000', '--logs', temporaryFolder()];
      const program = new Program('campaign', args);
      return { program, pids: await pids(program) };
    },
    { code: 1, stderr: 'error: stopped before the end\n' },
    [1, 'client 1'],
  );
});
