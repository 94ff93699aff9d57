/** A server process that is stopped for longer than the timeout, as on a machine that was suspended, and goes on. */
import { connect } from '@iot/client';
import { numbered } from '@iot/vitest-config/lines';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const TIMEOUT = 500;
const PROGRAM = fileURLToPath(new URL('echo-server.ts', import.meta.url));
const LINES = numbered('line', 200);

it.each([1, 2] as const)(
  'costs no line, in version %i of the wire',
  async (protocol) => {
    const execArgv = ['--import', 'tsx', '--conditions=@iot/source'];
    const server = fork(PROGRAM, [String(TIMEOUT)], { execArgv });
    onTestFinished(() => void server.kill('SIGKILL'));
    const [port] = (await once(server, 'message')) as [number];
    const client = connect({ id: 'client', host: '127.0.0.1', port, timeout: TIMEOUT, protocol });
    onTestFinished(() => client.close());
    await client.ready();
    const down = client.once('state');
    const back: string[] = [];
    const reading = (async () => {
      for await (const line of client) {
        back.push(line);
        if (back.length === 20) server.kill('SIGSTOP');
        if (back.length === LINES.length) return;
      }
    })();
    const writing = Promise.all(LINES.map((line) => client.write(line)));
    // The silence is noticed here; the server learns of it when it goes on.
    expect(await down).toEqual([false]);
    server.kill('SIGCONT');
    await Promise.all([writing, reading]);
    expect(back).toEqual(LINES);
    expect(client.connects).toBeGreaterThan(1);
  },
  60_000,
);
