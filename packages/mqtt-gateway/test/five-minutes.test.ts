/** The commands of the README's first section, as they are there but for addresses and ports. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Program } from '@iot/app-kit/testing';
import { bundle } from '@iot/app-kit/testing/bundle';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { connectAsync } from 'mqtt';
import { expect, it, onTestFinished } from 'vitest';
import { hasMosquitto, mosquitto } from './brokers.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const section = /## In five minutes\n(.*?)\n## /s.exec(readme)![1]!;
const [, script] = /```js\n(.*?)```/s.exec(section)!;
const commands = [...section.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) => block!.trim().split('\n'));

const hasClients = ['/usr/bin', '/usr/local/bin'].some((folder) => existsSync(join(folder, 'mosquitto_sub')));

it.runIf(hasMosquitto)(
  'a newcomer has the temperature of a simulated board retained by Mosquitto',
  async () => {
    expect(commands).toEqual([
      'npm init -y && npm install @iot/mqtt-gateway @iot/client',
      expect.stringMatching(/^npx iot-mqtt /),
      'node board.mjs',
      expect.stringMatching(/^mosquitto_sub /),
    ]);
    const broker = await mosquitto.make();
    await broker.start();
    const { hostname, port: brokerPort } = new URL(broker.url);

    const options = commands[1]!.replace('mqtt://127.0.0.1:1883', broker.url).split(' ').slice(2);
    const own = ['--host', '127.0.0.1', '--port', '0', '--dead-letters', join(temporaryFolder(), 'dead')];
    const gateway = new Program('iot-mqtt', [...options, ...own]);
    const [, port] = await gateway.printed(/listening on port (\d+)/);

    // In node_modules, where the packages that stay outside the bundle are found.
    const folder = mkdtempSync(join(import.meta.dirname, '../node_modules/.board-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const source = join(folder, 'board.mjs');
    writeFileSync(source, script!.replace('8123', port!));
    await bundle({ board: source }, folder);
    const board = new Program('board', [], { folder });
    const [, sent] = await board.printed(/sent ([\d.]+)\n/);
    board.process.kill('SIGKILL');
    await board.outcome;

    const [, topic] = /-t '([^']*)'/.exec(commands[3]!)!;
    const watcher = await connectAsync(broker.url);
    onTestFinished(() => watcher.endAsync(true));
    const retained = new Promise<string>((resolve) => {
      watcher.on('message', (_, payload, { retain }) => {
        if (retain) resolve(payload.toString());
      });
    });
    await watcher.subscribeAsync(topic!);
    expect(Number(await retained)).toBeGreaterThanOrEqual(20);
    expect(Number(sent)).toBeGreaterThanOrEqual(20);

    if (!hasClients) return;
    const words = commands[3]!
      .replace('127.0.0.1', hostname)
      .replace('1883', brokerPort)
      .replaceAll("'", '')
      .split(' ');
    const { stdout } = await promisify(execFile)(words[0]!, words.slice(1));
    expect(stdout).toMatch(/^iot\/cellar\/up\/temperature 2\d(\.\d)?\n$/);
  },
);
