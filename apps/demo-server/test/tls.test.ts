import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST, keyFile, Program, TLS_ALONE, tlsSuite } from '@iot/app-kit/testing';
import { Authority } from '@iot/vitest-config/certificates';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';

const STEADY = ['--timeout', '60000', '--interval', '10'];

/** Options that name files with these texts. */
function files(texts: Readonly<Record<string, string>>): string[] {
  const folder = temporaryFolder();
  return Object.entries(texts).flatMap(([option, text]) => {
    const path = join(folder, option);
    writeFileSync(path, text);
    return [`--${option}`, path];
  });
}

async function start(...args: readonly string[]): Promise<{ server: Program; port: string }> {
  const server = new Program('start', [...STEADY, ...args]);
  const [, port] = await server.printed(/with TLS(?: on port (\d+)| for)/);
  return { server, port: port ?? (await server.printed(/listening on port (\d+)/))[1]! };
}

function client(port: string, ...args: readonly string[]): Program {
  return new Program('client', [...STEADY, '--host', HOST, '--port', port, ...args]);
}

describe('over TLS', () => {
  tlsSuite('start', '1');

  it('a client takes its key out of the file, beside the plain port too', async () => {
    const keys = ['--psk-file', keyFile('1', '2').path];
    const { server, port } = await start('--host', HOST, '--port', '0', '--tls-port', '0', ...keys);
    await client(port, ...keys, '--id', '2').printed(/^got {2}\[/m);
    const [, plain] = await server.printed(/listening on port (\d+), and/);
    await client(plain!).printed(/^got {2}\[/m);
    const impostor = client(port, ...keys, '--psk-identity', '2');
    await server.printed(/refused client "1" from 127\.0\.0\.1: wrong-id, "its certificate or key is for/);
    await impostor.printed(/refuses the id "1".* Trying again/);
  });

  it('both ends may have certificates', async () => {
    const authority = new Authority();
    const names = (certificate: { readonly key: string; readonly cert: string }) =>
      files({ 'tls-ca': authority.ca, 'tls-key': certificate.key, 'tls-cert': certificate.cert });
    const { server, port } = await start(
      ...TLS_ALONE,
      ...names(authority.issue({ name: 'server', names: [HOST] })),
    );
    const board = client(port, ...names(authority.issue({ name: '1' })));
    await board.printed(/^got {2}\[/m);
    server.process.kill('SIGHUP');
    await server.printed(/certificates were read again/);
    expect((await board.interrupted()).stdout).not.toContain('link down');
  });

  it('a client without --port dials the port for TLS', async () => {
    const keys = ['--psk-file', keyFile('1').path];
    const program = new Program('client', keys);
    await program.printed(/server at 127\.0\.0\.1:8124/);
    program.process.kill('SIGKILL');
  });
});

describe('what is wrong with TLS is one line', () => {
  const readable = () => {
    const { path } = keyFile('1');
    chmodSync(path, 0o644);
    return path;
  };
  it.each([
    ['start', () => ['--no-plain'], 'TLS needs --psk-file, or --tls-key and --tls-cert'],
    ['start', () => ['--tls-port', '1'], 'TLS needs --psk-file, or --tls-key and --tls-cert'],
    ['start', () => ['--tls-key', 'k'], 'TLS needs --psk-file, or --tls-key and --tls-cert'],
    ['start', () => ['--tls-key', 'k', '--tls-cert', 'c'], 'k cannot be read (ENOENT)'],
    ['start', () => files({ 'tls-key': 'k', 'tls-cert': 'c' }), 'are they in PEM'],
    ['start', () => ['--psk-file', 'nowhere'], 'nowhere cannot be opened (ENOENT)'],
    ['start', () => ['--psk-file', readable()], '(mode 0644)'],
    ['client', () => ['--psk-file', keyFile('2').path], 'keys.psk has no key of "1"'],
    ['client', () => ['--psk-identity', '1'], '--psk-identity needs --psk-file'],
    ['client', () => files({ 'tls-cert': 'c' }), '--tls-cert and --tls-key need --tls-ca'],
  ])('%s %s', async (name, args, message) => {
    const { code, stderr } = await new Program(name, args()).outcome;
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });
});
