import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOOPBACK, Program } from '@iot/app-kit/testing';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, it } from 'vitest';
import { hasMosquitto, secureMosquitto } from './brokers.js';

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
