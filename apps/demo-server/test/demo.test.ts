import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { groupSuite, holdPort, Program } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';

/** The process ids that the demo has printed. */
async function pids(demo: Program): Promise<number[]> {
  const [, server, clients] = await demo.printed(/processes: server (\d+), clients ([\d ]+)\n/);
  return [server!, ...clients!.split(' ')].map(Number);
}

describe('the demo', () => {
  it('cuts every link once, loses nothing, and leaves no process running', async () => {
    const demo = new Program('demo', ['--seconds', '3', '--port', '0']);
    const { code, stdout, stderr } = await demo.outcome;
    expect(stderr).toBe('');
    expect(stdout).toMatch(/4 links are cut\n/);
    expect(stdout).toMatch(/^(\d+) sent, \1 received, 0 lost, 0 duplicated$/m);
    expect(stdout).toMatch(
      /^outages: \d+ seen by the clients, \d+ by the server; back after [\d.]+ ms \(median\), [\d.]+ ms \(max\)$/m,
    );
    expect(stdout).toMatch(/\npassed\n$/);
    expect(code).toBe(0);
  });

  it('loses nothing over TLS, and leaves no keys on the disk', async () => {
    const folder = temporaryFolder();
    const args = ['--tls', '--seconds', '2', '--port', '0'];
    const demo = new Program('demo', args, { env: { TMPDIR: folder } });
    await demo.printed(/clients are up/);
    const [keys] = readdirSync(folder).filter((name) => name.startsWith('demo-keys-'));
    expect(statSync(join(folder, keys!)).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, keys!, 'keys.psk')).mode & 0o777).toBe(0o600);
    const { code, stdout, stderr } = await demo.outcome;
    expect(stderr).toBe('');
    expect(stdout).toMatch(/the server listens on port \d+ with TLS\n/);
    expect(stdout).toMatch(/4 links are cut\n/);
    expect(stdout).toMatch(/^(\d+) sent, \1 received, 0 lost, 0 duplicated$/m);
    expect(code).toBe(0);
    expect(readdirSync(folder)).not.toContain(keys);
  });

  it('takes another port when its own is taken, and says so', async () => {
    const port = await holdPort();
    const demo = new Program('demo', ['--seconds', '1', '--interval', '50', '--port', String(port)]);
    const { code, stdout } = await demo.outcome;
    expect(stdout).toMatch(new RegExp(`port ${port} is taken, so the server listens on port \\d+\n`));
    expect(stdout).toContain('0 lost, 0 duplicated');
    expect(code).toBe(0);
  });

  it('prints every line when asked to', async () => {
    const demo = new Program('demo', ['--seconds', '60', '--port', '0', '--verbose']);
    await demo.printed(/ client 2 {2}got {2}\[1,\d+,\d+\]\n/);
    await demo.printed(/ server {2}client 2 {2}got {2}\[1,1,\d+\]\n/);
  });

  groupSuite(
    async () => {
      const program = new Program('demo', ['--seconds', '60', '--port', '0']);
      const family = await pids(program);
      await program.printed(/clients are up/);
      return { program, pids: family };
    },
    { code: 1, stderr: 'error: stopped before the end\n' },
    [3, 'client 3'],
  );
});
