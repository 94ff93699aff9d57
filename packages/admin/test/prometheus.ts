/** The programs of Prometheus (Debian package prometheus), and what reads its text. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { temporaryFolder } from '@iot/vitest-config/folder';
import type { Admin } from '../src/index.js';

/** What `promtool` says to this, '' when it finds nothing wrong. */
export function promtool(args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error !== undefined)
    throw new Error('promtool cannot be started: install prometheus', { cause: error });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** The samples of a text by their names and labels. */
export function samplesOf(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const samples = lines.map((line) => /^(.+) (\S+)$/.exec(line)!);
  return Object.fromEntries(samples.map(([, name, value]) => [name!, Number(value)]));
}

/** An alert as Prometheus sends it. */
export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A Prometheus that reads an interface, and has rules. It ends with the scope; `alerts` gives the first alerts that it
 * sends.
 */
export async function prometheus(admin: Admin, token: string, rules: string) {
  const folder = temporaryFolder();
  let tell: (alerts: readonly SentAlert[]) => void;
  const alerts = new Promise<readonly SentAlert[]>((resolve) => (tell = resolve));
  const receiver = createServer((request, response) => {
    void json(request).then((sent) => tell(sent as SentAlert[]));
    response.end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const target = `127.0.0.1:${admin.address.port}`;
  const manager = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, 'rules.yml')],
    scrape_configs: [
      { job_name: 'iot', authorization: { credentials: token }, static_configs: [{ targets: [target] }] },
    ],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [manager] }] }] },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  writeFileSync(join(folder, 'rules.yml'), rules);
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, 'close');
  const failed = ended.then(() => Promise.reject(new Error(`prometheus has ended: ${log}`)));
  failed.catch(() => undefined);
  return {
    alerts: Promise.race([alerts, failed]),
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
      receiver.closeAllConnections();
      receiver.close();
    },
  };
}
