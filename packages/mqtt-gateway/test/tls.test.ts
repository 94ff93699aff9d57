import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dial, HOST, LOOPBACK, Program, TLS_ALONE, tlsSuite } from '@iot/app-kit/testing';
import { Authority } from '@iot/vitest-config/certificates';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';
import { aedes, hasMosquitto, secureMosquitto } from './brokers.js';

/** A gateway at a broker that wants certificates, with what it is given. */
async function gatewayWith(given: 'all' | 'no certificate' | 'no ca'): Promise<Program> {
  const { kind, authority } = secureMosquitto();
  const broker = await kind.make();
  await broker.start();
  const folder = temporaryFolder();
  const { key, cert } = authority.issue({ name: 'gateway' });
  const file = (name: string, text: string): string[] => {
    writeFileSync(join(folder, name), text);
    return [`--${name}`, join(folder, name)];
  };
  const ca = given === 'no ca' ? [] : file('ca', authority.ca);
  const own = given === 'no certificate' ? [] : [...file('cert', cert), ...file('key', key)];
  const dead = ['--dead-letters', join(folder, 'dead.jsonl')];
  return new Program('iot-mqtt', [...LOOPBACK, '--broker', broker.url, ...ca, ...own, ...dead]);
}

describe.runIf(hasMosquitto)('a broker with TLS', () => {
  it('lets in a gateway with a certificate', async () => {
    await (await gatewayWith('all')).printed(/^connected to the broker$/m);
  });

  it('does not let in one without, which says so and tries again', async () => {
    const gateway = await gatewayWith('no certificate');
    await gateway.printed(/^broker: .*certificate required.*$/im);
    await gateway.interrupted();
  });

  it('is refused by a gateway that does not know who signed its certificate', async () => {
    await (await gatewayWith('no ca')).printed(/^broker: .*(self-signed|unable to).*certificate.*$/m);
  });
});

/** There is no broker. */
const alone = () => ['--broker', 'mqtt://127.0.0.1:1', ...deadLetters()];

function deadLetters(): string[] {
  return ['--dead-letters', join(temporaryFolder(), 'dead.jsonl')];
}

describe('boards over TLS', () => {
  tlsSuite('iot-mqtt', '1', alone);

  it('come with certificates, as the file of --config says, beside others without TLS', async () => {
    const authority = new Authority();
    const folder = temporaryFolder();
    const own = authority.issue({ name: 'gateway', names: [HOST] });
    for (const [name, pem] of Object.entries({ ...own, ca: authority.ca }))
      writeFileSync(join(folder, name), pem);
    const tls = { port: 0, key: join(folder, 'key'), cert: join(folder, 'cert'), ca: join(folder, 'ca') };
    const config = join(folder, 'iot.json');
    writeFileSync(config, JSON.stringify({ tls }));
    const broker = await aedes.make();
    await broker.start();
    const arrived = new Promise<string>((resolve) => void broker.watch(resolve));
    const options = ['--config', config, ...LOOPBACK, '--broker', broker.url, ...deadLetters()];
    const gateway = new Program('iot-mqtt', options);
    const [, plain, port] = await gateway.printed(/listening on port (\d+), and with TLS on port (\d+);/);
    await dial(plain!, { id: '2' }).ready();
    const board = dial(port!, { id: '1', tls: { ca: authority.ca, ...authority.issue({ name: '1' }) } });
    await board.write('over TLS');
    expect(await arrived).toBe('iot/1/up over TLS');
    dial(port!, { id: '3', tls: { ca: authority.ca }, badServer: () => undefined });
    await gateway.printed(/refused client "3" from 127\.0\.0\.1: tls, "no client certificate"\n/);
  });

  it.each([[['--no-plain']], [['--tls-port', '0']], [['--tls-key', 'key']], [['--tls-ca', 'ca']]])(
    '%j without what TLS needs is a usage error of one line',
    async (options) => {
      const { code, stderr } = await new Program('iot-mqtt', [...options, ...alone()]).outcome;
      expect(stderr).toMatch(/^error: TLS needs --psk-file, or --tls-key and --tls-cert; [^\n]*\n$/);
      expect(code).toBe(2);
    },
  );

  it('of two kinds, one an option and one in the file, are a usage error', async () => {
    const config = join(temporaryFolder(), 'iot.yaml');
    writeFileSync(config, 'tls: { pskFile: keys.psk }');
    const args = ['--config', config, '--tls-key', 'key', '--tls-cert', 'cert', ...TLS_ALONE, ...alone()];
    const { code, stderr } = await new Program('iot-mqtt', args).outcome;
    expect(stderr).toMatch(/^error: TLS needs --psk-file, or /);
    expect(code).toBe(2);
  });
});
