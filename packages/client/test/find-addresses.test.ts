import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findAddresses } from '../src/find-addresses.js';
import { connect } from '../src/index.js';

const { signal } = new AbortController();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'getent-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Puts a `getent` of ours in PATH. */
function standIn(script: string): void {
  writeFileSync(join(folder, 'getent'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'getent'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
}

/** A lookup that never answers; the stream has its first byte when it has started, and ends when it has been killed. */
function hanging() {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  standIn(`exec 3>${pipe}; echo >&3; exec sleep 100000`);
  return createReadStream(pipe);
}

describe('finding the addresses of a host', () => {
  it('knows the names in /etc/hosts', async () => {
    const addresses = await findAddresses('localhost', signal);
    expect(addresses.filter((address) => !['127.0.0.1', '::1'].includes(address))).toEqual([]);
    expect(addresses).not.toEqual([]);
  });

  it('gives each address once, in the order of the operating system', async () => {
    standIn(`test "$*" = "ahosts server.local" && cat <<-END
	fe80::7%eth0    STREAM server.local
	fe80::7%eth0    DGRAM  
	10.0.0.7        STREAM 
	10.0.0.7        RAW    
	END`);
    expect(await findAddresses('server.local', signal)).toEqual(['fe80::7%eth0', '10.0.0.7']);
  });

  it('asks for a name with letters outside ASCII as it is in the DNS', async () => {
    standIn('test "$2" = xn--khler-jua.example && echo 10.0.0.7');
    expect(await findAddresses('Köhler.example', signal)).toEqual(['10.0.0.7']);
  });

  it.each(['exit 2', 'exit 0'])('says so when there is none (%s)', async (script) => {
    standIn(script);
    await expect(findAddresses('server.local', signal)).rejects.toThrow(
      'the name does not exist, or no name server has answered',
    );
  });

  it.each([
    ['is not there', () => vi.stubEnv('PATH', folder)],
    ['cannot be used', () => standIn('exit 1')],
  ])('does without getent where that %s', async (_, prepare) => {
    prepare();
    expect(await findAddresses('localhost', signal)).not.toEqual([]);
  });
});

describe('a lookup that does not answer', () => {
  it('is killed by an abort, and rejects with its reason', async () => {
    const running = hanging();
    const abort = new AbortController();
    const looking = findAddresses('server.local', abort.signal);
    await once(running, 'data');
    const ended = once(running, 'end');
    abort.abort('enough');
    await expect(looking).rejects.toBe('enough');
    await ended;
  });

  it('ends with the client', async () => {
    const running = hanging();
    const client = connect({ id: 'board', host: 'server.local', port: 1 });
    await once(running, 'data');
    const ended = once(running, 'end');
    running.resume();
    await client.close();
    await ended;
  });

  it('does not begin after an abort', async () => {
    standIn(`touch ${folder}/asked`);
    await expect(findAddresses('server.local', AbortSignal.abort('enough'))).rejects.toBe('enough');
    expect(existsSync(join(folder, 'asked'))).toBe(false);
  });
});
