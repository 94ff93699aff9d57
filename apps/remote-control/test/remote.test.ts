import { describe, expect, it, vi } from 'vitest';
import { alive, holdPort, Program } from '@iot/app-kit/testing';

/** So long that a busy machine is not taken for an outage: these tests end links. */
const STEADY = ['--timeout', '60000'];

async function startRemote(args: readonly string[] = []) {
  const remote = new Program('remote', ['--port', '0', ...STEADY, ...args]);
  const [, ...pids] = await remote.printed(/processes: server (\d+), rx (\d+), tx (\d+)\n/);
  await remote.printed(/each line of standard input is a press of the button/);
  return { remote, pids: pids.map(Number) };
}

describe('remote', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'a line switches the LED; %s ends it with exit code 0, and its processes',
    async (signal) => {
      const { remote, pids } = await startRemote();
      remote.type('\n');
      await remote.printed(/rx {6}LED ● on\n/);
      remote.type('\n');
      await remote.printed(/rx {6}LED ● on\n[^]*rx {6}LED ○ off\n/);
      remote.process.kill(signal);
      const ended = await remote.outcome;
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).not.toMatch(/link down/);
      expect(pids.filter(alive)).toEqual([]);
    },
  );

  it('presses by itself when told to', async () => {
    const { remote } = await startRemote(['--every', '10']);
    await remote.printed(/LED ● on\n[^]*LED ○ off\n[^]*LED ● on\n/);
  });

  it('takes another port when its own is taken, and says so', async () => {
    const port = await holdPort();
    const { remote } = await startRemote(['--port', String(port)]);
    await remote.printed(new RegExp(`port ${port} is taken, so the server listens on port \\d+\n`));
  });

  it('fails with one line when one of its processes dies, and ends the others', async () => {
    const { remote, pids } = await startRemote();
    process.kill(pids[1]!, 'SIGKILL');
    const { code, stderr } = await remote.outcome;
    expect(stderr).toBe('error: rx ended before its time (SIGKILL)\n');
    expect(code).toBe(1);
    expect(pids.filter(alive)).toEqual([]);
  });

  it('leaves no process behind when it is killed', async () => {
    const { remote, pids } = await startRemote();
    remote.process.kill('SIGKILL');
    await vi.waitFor(() => expect(pids.filter(alive)).toEqual([]), { timeout: 300_000, interval: 20 });
  });
});

describe('latency', () => {
  it('prints the figures of the presses, and of two raw hops', async () => {
    const { code, stdout, stderr } = await new Program('latency', ['--presses', '5']).outcome;
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      new RegExp(
        [
          '^5 presses, and as many raw lines in turn; Ctrl-C ends early',
          'press to LED {2}median +\\d+ µs {2}p99 +\\d+ µs {2}\\(5 presses\\)',
          'two raw hops {2}median +\\d+ µs {2}p99 +\\d+ µs {2}\\(5 lines\\)',
          'ratio {9}median \\d+\\.\\d\\d\n$',
        ].join('\n'),
      ),
    );
    expect(code).toBe(0);
  });

  it('ends early on Ctrl-C, with exit code 0', async () => {
    const latency = new Program('latency', ['--presses', '1000000']);
    await latency.printed(/Ctrl-C ends early\n/);
    latency.process.kill('SIGINT');
    expect(await latency.outcome).toMatchObject({ code: 0, stderr: '' });
  });
});
