import { groupSuite, holdPort, Program } from '@iot/app-kit/testing';
import { describe, expect, it } from 'vitest';

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
    'a line switches the LED; %s ends it with exit code 0, and says nothing of links',
    async (signal) => {
      const { remote } = await startRemote();
      remote.type('\n');
      await remote.printed(/rx {6}LED ● on\n/);
      remote.type('\n');
      await remote.printed(/rx {6}LED ● on\n[^]*rx {6}LED ○ off\n/);
      expect((await remote.interrupted(signal)).stdout).not.toMatch(/link down/);
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

  groupSuite(
    async () => {
      const { remote, pids } = await startRemote();
      return { program: remote, pids };
    },
    { code: 0, stderr: '' },
    [1, 'rx'],
  );
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
    await latency.interrupted();
  });
});
