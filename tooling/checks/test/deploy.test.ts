/** The files of `deploy`: what is wrong in them without Docker, and what of them runs without it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { connect } from '@iot/client';
import { guardPort } from '@iot/vitest-config/guard-port';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../src/markdown.js';
import { serve, Shell, type Serving } from './iot-shell.js';

const place = (path: string) => join(ROOT, 'deploy', path);
const read = (path: string) => readFileSync(place(path), 'utf8');

interface Service {
  readonly build?: string;
  readonly image?: string;
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly ports?: readonly string[];
}
const compose = parse(read('compose.yaml')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};
const { services } = compose;
const mounts = Object.values(services)
  .flatMap(({ volumes = [] }) => volumes)
  .map((volume) => volume.split(':') as [from: string, to: string]);
const mounted = (to: string) => place(mounts.find((mount) => mount[1] === to)![0]);

/** A program of Debian's, where it is in the path of root alone. */
const programAt = (name: string) =>
  ['/usr/bin', '/usr/sbin'].map((folder) => join(folder, name)).find((path) => existsSync(path));

describe('compose.yaml', () => {
  it('mounts files and volumes that are there', () => {
    expect(mounts.length).toBeGreaterThan(5);
    for (const [from] of mounts) {
      if (from.startsWith('.')) expect(existsSync(place(from)), from).toBe(true);
      else expect(compose.volumes).toHaveProperty(from);
    }
  });

  it('names services and secrets that are there, and releases of images', () => {
    for (const { build, image, depends_on = [], secrets = [] } of Object.values(services)) {
      if (image === undefined) expect(existsSync(join(place(build!), 'Dockerfile'))).toBe(true);
      else expect(image).toMatch(/:v?\d+\.\d+/);
      for (const name of depends_on) expect(services).toHaveProperty(name);
      for (const name of secrets) expect(compose.secrets).toHaveProperty(name);
    }
  });

  it('lets other machines reach the port of the boards only', () => {
    const ports = Object.values(services).flatMap(({ ports = [] }) => ports);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual(['8123:8123']);
  });

  it('has a token that is not in the repository', () => {
    const path = compose.secrets['iot-token']!.file;
    expect(read('README.md')).toContain(`> ${path.replace('./', '')}`);
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8')).toContain(join('deploy', path));
  });

  it('gives Grafana a source of data that is a service, and the dashboards in the folder where it looks', () => {
    const { datasources } = parse(
      readFileSync(mounted('/etc/grafana/provisioning/datasources/iot.yaml'), 'utf8'),
    ) as {
      datasources: { url: string; type: string }[];
    };
    expect(services).toHaveProperty(new URL(datasources[0]!.url).hostname);
    expect(datasources[0]!.type).toBe('prometheus');
    const { providers } = parse(
      readFileSync(mounted('/etc/grafana/provisioning/dashboards/iot.yaml'), 'utf8'),
    ) as {
      providers: { options: { path: string } }[];
    };
    const dashboards = mounts.map(([, to]) => to).filter((to) => dirname(to) === providers[0]!.options.path);
    expect(dashboards).toHaveLength(1);
    expect(JSON.parse(readFileSync(mounted(dashboards[0]!), 'utf8'))).toHaveProperty('panels');
  });
});

const dockerfile = read('Dockerfile')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => /^([A-Z]+) (.*)$/.exec(line)!.slice(1) as [instruction: string, rest: string]);
const the = (instruction: string) => dockerfile.find(([name]) => name === instruction)![1];

describe('Dockerfile', () => {
  it('has instructions that there are, on a release of an image, and does not run as root', () => {
    const known = [
      'FROM',
      'ARG',
      'RUN',
      'VOLUME',
      'WORKDIR',
      'USER',
      'EXPOSE',
      'HEALTHCHECK',
      'ENTRYPOINT',
      'CMD',
    ];
    expect(dockerfile.filter(([name]) => !known.includes(name))).toEqual([]);
    expect(the('FROM')).toMatch(/^node:\d+-[\w-]+$/);
    expect(the('USER')).not.toBe('root');
  });

  it('installs the package that has the command it starts', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages/cli/package.json'), 'utf8')) as {
      name: string;
      bin: object;
    };
    expect(the('RUN')).toContain(`npm install --global --no-audit --no-fund ${manifest.name}@\${VERSION}`);
    expect(JSON.parse(the('ENTRYPOINT'))).toEqual(Object.keys(manifest.bin));
    expect(JSON.parse(the('CMD'))).toEqual(['serve', '--config', '/etc/iot/iot.yaml']);
    expect(mounts.map(([, to]) => to)).toContain('/etc/iot/iot.yaml');
  });
});

/** Mosquitto with the settings of `deploy`, on a port of the test. */
async function broker(shell: Shell): Promise<string> {
  const { host, port, release } = await guardPort();
  onTestFinished(release);
  const data = join(shell.folder, 'mosquitto/');
  mkdirSync(data);
  const settings = read('mosquitto.conf')
    .replace(/^listener 1883$/m, `listener ${port} ${host}`)
    .replace('/mosquitto/data/', data);
  const conf = join(shell.folder, 'mosquitto.conf');
  writeFileSync(conf, `${settings}user root\n`);
  const started = shell.start(`exec ${programAt('mosquitto')!} -c ${conf} -v`);
  await started.until(/mosquitto version \S+ running/);
  return `mqtt://${host}:${port}`;
}

const TOKEN = 'a-token-of-a-test';

/** The server with the settings of `deploy`; the paths are those of the test. */
async function server(shell: Shell, url: string): Promise<Serving> {
  writeFileSync(join(shell.folder, 'token'), `${TOKEN}\n`);
  const settings = read('iot.yaml')
    .replace('/var/lib/iot', shell.folder)
    .replace('/run/secrets/iot-token', join(shell.folder, 'token'))
    .replace('mqtt://mosquitto:1883', url);
  writeFileSync(join(shell.folder, 'iot.yaml'), settings);
  return serve(shell, 'iot serve --config iot.yaml --admin-host 127.0.0.1');
}

/** The status of a request for metrics as Prometheus makes it. */
function scrape(url: string): Promise<number> {
  const { targets } = (
    parse(read('prometheus.yml')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    }
  ).scrape_configs[0]!.static_configs[0]!;
  const headers = { host: targets[0], authorization: `Bearer ${TOKEN}` };
  return new Promise((resolve, reject) => {
    request(`${url}/metrics`, { headers }, (response) => resolve(response.resume().statusCode!))
      .on('error', reject)
      .end();
  });
}

it.runIf(programAt('mosquitto'))(
  'the settings are those of a server that Prometheus reads, and whose lines the broker gets',
  async () => {
    const shell = new Shell();
    const running = await server(shell, await broker(shell));
    await running.server.until(/"message":"connected to the broker"/);
    await using board = connect({ id: 'cellar', host: '127.0.0.1', port: running.port, timeout: 60_000 });
    await board.write('{"temperature":21.5}');
    expect(await scrape(running.url)).toBe(200);
    expect(await shell.run('iot ls --token-file token')).toMatch(/^cellar +up /m);
    await running.server.end();
  },
);

it('the check of health passes while the server is there', async () => {
  const shell = new Shell();
  const { server: started, url } = await server(shell, 'mqtt://127.0.0.1:1');
  const [, command] = /CMD (.*)$/.exec(the('HEALTHCHECK'))!;
  const [node, ...args] = JSON.parse(command!) as string[];
  expect(node).toBe('node');
  const check = () =>
    spawnSync(
      process.execPath,
      args.map((arg) => arg.replace('http://127.0.0.1:9123', url)),
      { encoding: 'utf8' },
    );
  expect(check()).toMatchObject({ status: 0, stderr: '' });
  await started.end();
  expect(check()).toMatchObject({ status: 1, stderr: '' });
});

it.runIf(programAt('promtool'))('promtool finds no fault in the settings of Prometheus', () => {
  const { folder } = new Shell();
  const settings = read('prometheus.yml')
    .replace('/etc/prometheus/alerts.yml', mounted('/etc/prometheus/alerts.yml'))
    .replace('/run/secrets/iot-token', join(folder, 'token'));
  writeFileSync(join(folder, 'token'), TOKEN);
  writeFileSync(join(folder, 'prometheus.yml'), settings);
  const printed = execFileSync(programAt('promtool')!, ['check', 'config', join(folder, 'prometheus.yml')], {
    encoding: 'utf8',
  });
  expect(printed).toMatch(/SUCCESS/);
});
