import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { judge } from '../campaign/verdict.js';
import { readLifeLog } from '../src/life-log.js';
import { alive, holdPort, Program } from '@iot/app-kit/testing';

/** The process ids that the campaign has printed. */
async function pids(campaign: Program): Promise<number[]> {
  const [, server, client] = await campaign.printed(/processes: server (\d+), client (\d+)\n/);
  return [Number(server), Number(client)];
}

/** A folder for logs, gone at the end of the test. */
function logFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'campaign-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** A campaign that fails keeps them. */
function removeLogs(stdout: string): void {
  const [, logs] = /^logs: (.+)$/m.exec(stdout)!;
  rmSync(logs!, { recursive: true });
}

describe('the campaign', () => {
  it('keeps the promise in both modes, through outages of every kind and kills of both ends', async () => {
    const folder = logFolder();
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
      expect(Number(dropped)).toBeGreaterThan(0);
    }
    for (const kind of ['FIN', 'RST', 'stall to server', 'stall to client', 'full stall']) {
      expect(stdout.match(new RegExp(`^${kind} +2 `, 'gm'))).toHaveLength(2);
    }
    expect(stdout.match(/^killed: client 2 times, server 2 times$/gm)).toHaveLength(2);
    expect(code).toBe(0);

    // One log for each life, and what is lost in them would be found.
    for (const mode of ['standard', 'fast']) {
      const logs = readdirSync(join(folder, mode)).sort();
      expect(logs).toEqual(
        ['client', 'server'].flatMap((end) => [1, 2, 3].map((life) => `${end}-${life}.bin`)),
      );
    }
    const records = readLifeLog(join(folder, 'standard', 'client-3.bin'));
    const sender = { life: 3, startedAt: 0, diedAt: undefined, records };
    const { written, lost } = judge([sender], [{ life: 1, startedAt: 0, diedAt: undefined, records: [] }]);
    expect(written).toBeGreaterThan(0);
    expect(lost).toBe(written);
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

  it('fails with one line when one of its processes dies by another hand, and ends the other', async () => {
    const campaign = new Program('campaign', ['--messages', '1000000']);
    const family = await pids(campaign);
    process.kill(family[1]!, 'SIGKILL');
    const { code, stdout, stderr } = await campaign.outcome;
    removeLogs(stdout);
    expect(stderr).toBe('error: client 1 ended before its time (SIGKILL)\n');
    expect(code).toBe(1);
    expect(family.filter(alive)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends early on %s, with its processes', async (signal) => {
    const campaign = new Program('campaign', ['--messages', '1000000']);
    const family = await pids(campaign);
    campaign.process.kill(signal);
    const { code, stderr } = await campaign.outcome;
    expect(stderr).toBe('error: stopped before the end\n');
    expect(code).toBe(1);
    expect(family.filter(alive)).toEqual([]);
  });

  it('does not leave its processes behind when it is killed', async () => {
    const campaign = new Program('campaign', ['--messages', '1000000', '--logs', logFolder()]);
    const family = await pids(campaign);
    campaign.process.kill('SIGKILL');
    await vi.waitFor(() => expect(family.filter(alive)).toEqual([]), { timeout: 300_000, interval: 20 });
  });
});
