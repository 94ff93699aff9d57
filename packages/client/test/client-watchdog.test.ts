import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownPort } from '@iot/vitest-config/ports';
import { describe, expect, it, vi } from 'vitest';
import { connect, type ConnectOptions } from '../src/index.js';
import { FakeNetwork } from './fake-network.js';
import { RawServer } from './raw-server.js';

// A watchdog that barks ends the process of the tests, and so fails them.
const options = (port: number, more: Partial<ConnectOptions>): ConnectOptions => ({
  id: 'board',
  host: '127.0.0.1',
  port,
  timeout: 100,
  connectTimeoutMs: 200,
  watchdog: { timeoutMs: 250 },
  ...more,
});

describe('the watchdog of a client', () => {
  it('lets a link live on that is up and idle', async () => {
    await using server = await RawServer.start();
    server.onLink = (link) => {
      // Answers each keepalive, and so keeps the link up without a line.
      link.onHeard = () => {
        link.says('\n');
      };
      link.says('\n');
    };
    let beats = 0;
    let enough: () => void = () => undefined;
    const idleForLong = new Promise<void>((resolve) => (enough = resolve));
    const heartbeat = () => {
      beats += 1;
      // A keepalive goes out every 25 ms: three of the watchdog's times.
      if (beats === 30) enough();
    };
    await using client = connect(options(server.port, { heartbeat }));
    await idleForLong;
    expect(client.status).toBe(true);
  });

  it('lets a client live on whose hook takes its time, and one that waits between attempts', async () => {
    const { promise, resolve } = deferred();
    let attempts = 0;
    const { host, port } = await ownPort();
    await using client = connect(
      options(port, {
        host,
        badServer: async () => {
          attempts += 1;
          // Three of the watchdog's times; nothing else can be told from a hook that hangs.
          if (attempts === 1) await turns(750);
          if (attempts === 5) resolve();
        },
      }),
    );
    await promise;
    expect(client.status).toBe(false);
  });

  it('must be given longer than the client may pause by itself', () => {
    const network = new FakeNetwork();
    // A quarter more than its longest wait, since the watchdog looks eight times in its own.
    expect(() => connect(options(1, { watchdog: { timeoutMs: 249 } }))).toThrow(/watchdog.timeoutMs .* 250 /);
    expect(() => connect(options(1, { network }))).toThrow(/watchdog.timeoutMs must be .*28750/);
  });

  it('shows the state of the link, and is stopped by the close of the client', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watched-'));
    const file = (name: string) => join(folder, name);
    writeFileSync(file('systemd-notify'), '#!/bin/sh\nprintf "%s\\n" "$*" >> "$NOTIFY_SOCKET"\n', {
      mode: 0o755,
    });
    writeFileSync(file('heard'), '');
    writeFileSync(file('device'), '');
    vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
    vi.stubEnv('NOTIFY_SOCKET', file('heard'));
    await using server = await RawServer.start();
    const watchdog = { timeoutMs: 60_000, systemd: true, device: file('device') };
    const client = connect(options(server.port, { watchdog }));
    await client.ready();
    await client.close();
    expect(readFileSync(file('heard'), 'utf8')).toMatch(/^READY=1\n.*STATUS=the link is up.*STOPPING=1\n$/s);
    expect(readFileSync(file('device'), 'latin1')).toMatch(/V$/);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('closes the client when it cannot watch', async () => {
    await using server = await RawServer.start();
    const client = connect(options(server.port, { watchdog: { timeoutMs: 250, device: '/missing/device' } }));
    const closed = new Promise<unknown>((resolve) => client.on('close', resolve));
    expect(await closed).toMatchObject({ code: 'ERR_BAD_OPTION' });
    await expect(client.write('hi')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await client.close();
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** As many turns of the event loop as fill this number of milliseconds. */
async function turns(ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
}
