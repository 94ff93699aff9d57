import { describe, expect, it, vi } from 'vitest';
import { alive, holdPort, Program } from '@iot/app-kit/testing';

/** The process ids that the demo has printed. */
async function pids(demo: Program): Promise<number[]> {
  const [, server, clients] = await demo.printed(/processes: server (\d+), clients ([\d ]+)\n/);
  return [server!, ...clients!.split(' ')].map(Number);
}

describe('the demo', () => {
  it('cuts every link once, loses nothing, and leaves no process behind', async () => {
    const demo = new Program('demo', ['--seconds', '3', '--port', '0']);
    const family = await pids(demo);
    const { code, stdout, stderr } = await demo.outcome;
    expect(stderr).toBe('');
    expect(stdout).toMatch(/4 links are cut\n/);
    expect(stdout).toMatch(/^(\d+) sent, \1 received, 0 lost, 0 duplicated$/m);
    expect(stdout).toMatch(
      /^outages: \d+ seen by the clients, \d+ by the server; back after [\d.]+ ms \(median\), [\d.]+ ms \(max\)$/m,
    );
    expect(stdout).toMatch(/\npassed\n$/);
    expect(code).toBe(0);
    expect(family.filter(alive)).toEqual([]);
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

  it('fails with one line when one of its processes dies, and ends the others', async () => {
    const demo = new Program('demo', ['--seconds', '60', '--port', '0']);
    const family = await pids(demo);
    await demo.printed(/clients are up/);
    process.kill(family[3]!, 'SIGKILL');
    const { code, stderr } = await demo.outcome;
    expect(stderr).toBe('error: client 3 ended before its time (SIGKILL)\n');
    expect(code).toBe(1);
    expect(family.filter(alive)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends early on %s, with all its processes', async (signal) => {
    const demo = new Program('demo', ['--seconds', '60', '--port', '0']);
    const family = await pids(demo);
    demo.process.kill(signal);
    const { code, stderr } = await demo.outcome;
    expect(stderr).toBe('error: stopped before the end\n');
    expect(code).toBe(1);
    expect(family.filter(alive)).toEqual([]);
  });

  it('does not leave its processes behind when it is killed', async () => {
    const demo = new Program('demo', ['--seconds', '60', '--port', '0']);
    const family = await pids(demo);
    await demo.printed(/clients are up/);
    demo.process.kill('SIGKILL');
    await vi.waitFor(() => expect(family.filter(alive)).toEqual([]), { timeout: 300_000, interval: 20 });
  });
});
