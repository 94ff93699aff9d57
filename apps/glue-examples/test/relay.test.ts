import { join } from 'node:path';
import { startFaultProxy } from '@iot/fault-proxy';
import { board, LOOPBACK, Program } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { numbered, take } from '@iot/vitest-config/lines';
import { describe, expect, it } from 'vitest';

async function start(...routes: string[]): Promise<{ relay: Program; port: number }> {
  const relay = new Program('relay', [...LOOPBACK, ...routes]);
  const [, port] = await relay.printed(/listening on port (\d+)/);
  return { relay, port: Number(port) };
}

describe('relay', () => {
  it('passes lines both ways where it is told to', async () => {
    const { port } = await start('a=b', 'b=a');
    const [a, b] = [board('a', port), board('b', port)];
    await a.write('from a');
    await b.write('from b');
    expect(await b.readline()).toBe('from a');
    expect(await a.readline()).toBe('from b');
  });

  it('passes every line of one source to each of its targets', async () => {
    const { port } = await start('tx=rx1', 'tx=rx2');
    const lines = numbered('line', 50);
    const tx = board('tx', port);
    const targets = [board('rx1', port), board('rx2', port)];
    const got = targets.map((rx) => take(rx, lines.length));
    for (const line of lines) await tx.write(line);
    expect(await Promise.all(got)).toEqual([lines, lines]);
  });

  it('every line arrives once and in order when both links are cut, again and again', async () => {
    const { port } = await start('tx=rx');
    await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port } });
    const lines = numbered('line', 300);
    const tx = board('tx', proxy.port);
    const rx = board('rx', proxy.port);
    const got = take(rx, lines.length);
    for (const [i, line] of lines.entries()) {
      if (i % 100 === 50) expect(proxy.cut('rst')).toBeGreaterThan(0);
      await tx.write(line);
    }
    expect(await got).toEqual(lines);
    await tx.write('the end'); // what came twice would come before it
    expect(await rx.readline()).toBe('the end');
    expect(rx.connects).toBeGreaterThan(1);
  });

  it('a target that does not read holds its source back, and no other', async () => {
    const { port } = await start('tx=rx', 'a=b');
    const lines = numbered('line', 1000);
    const [tx, a, b] = [board('tx', port), board('a', port), board('b', port)];
    const rx = board('rx', port, { maxUnreadLines: 1 });
    await Promise.all([tx, rx, a, b].map((client) => client.ready()));
    let acked = 0;
    const written = (async () => {
      for (const line of lines) {
        await tx.write(line);
        acked += 1;
      }
    })();
    for (const line of numbered('ping', 3000)) {
      await a.write(line);
      expect(await b.readline()).toBe(line);
    }
    // The one that the relay writes, and the first, which rx has acked.
    expect(acked).toBeLessThanOrEqual(2);
    expect(await take(rx, lines.length)).toEqual(lines);
    await written;
  });

  it('keeps what a source sends until its target comes', async () => {
    const { port } = await start('tx=rx');
    const tx = board('tx', port);
    const written = tx.write('early');
    expect(await board('rx', port).readline()).toBe('early');
    await written;
  });

  it('with a store, passes on the line that it held when it was killed, also if its source is gone', async () => {
    const args = ['--store', join(temporaryFolder(), 'store'), 'tx=rx', 'tx=rx2'];
    {
      const { relay, port } = await start(...args);
      const [tx, rx, rx2] = [board('tx', port), board('rx', port), board('rx2', port)];
      await tx.write('first');
      expect([await rx.readline(), await rx2.readline()]).toEqual(['first', 'first']);
      await rx.close();
      tx.write('held').catch(() => undefined);
      // The relay has it: one of its targets does.
      expect(await rx2.readline()).toBe('held');
      relay.process.kill('SIGKILL');
      await relay.outcome;
      await Promise.all([tx.close(), rx2.close()]);
    }
    const { port } = await start(...args);
    board('tx', port);
    board('rx2', port);
    expect(await board('rx', port).readline()).toBe('held');
  });

  it('refuses a board without a route', async () => {
    const { relay, port } = await start('tx=rx');
    board('stranger', port);
    await relay.printed(/refused client "stranger" from 127\.0\.0\.1: not-expected/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with exit code 0', async (signal) => {
    const { relay, port } = await start('tx=rx');
    const tx = board('tx', port);
    await tx.ready();
    await relay.interrupted(signal);
  });
});
