import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@iot/vitest-config/folder';
import { describe, expect, it } from 'vitest';
import { iot } from './iot.js';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly bin: Record<string, string>;
  readonly files: readonly string[];
};

const unit = read('systemd/iot.service');
const [, command, rest] = /^ExecStart=\/usr\/bin\/env (\S+) (.*)$/m.exec(unit)!;
const analyze = '/usr/bin/systemd-analyze';

describe('the unit', () => {
  it('starts the command of the package, with the configuration that it names', async () => {
    expect(Object.keys(manifest.bin)).toContain(command);
    const args = rest!.split(' ');
    expect(args.slice(0, 2)).toEqual(['serve', '--config']);
    const path = join(temporaryFolder(), 'iot.yaml');
    writeFileSync(path, read('systemd/iot.yaml'));
    const { code, stdout } = await iot('serve', '--config', path, '--print-config');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ store: '/var/lib/iot/store', admin: { port: 9123 } });
  });

  it('has settings that are right when the comments of the configuration are taken away', async () => {
    const path = join(temporaryFolder(), 'iot.yaml');
    writeFileSync(path, read('systemd/iot.yaml').replaceAll(/^( *)# ([a-zA-Z]+: )/gm, '$1$2'));
    const { code, stdout } = await iot('serve', '--config', path, '--print-config');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      admit: 'expected',
      expected: ['cellar', 'attic'],
      tls: { pskFile: '/etc/iot/keys.psk' },
      admin: { host: '0.0.0.0', tokenFile: '/etc/iot/token' },
      mqtt: { broker: 'mqtt://127.0.0.1:1883' },
    });
  });

  it.each([
    /^Type=notify$/m,
    /^NotifyAccess=all$/m,
    /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m,
    /^Restart=always$/m,
    /^RestartPreventExitStatus=2$/m,
    /^StartLimitIntervalSec=0$/m,
    /^StateDirectory=iot$/m,
    /^LimitNOFILE=65536$/m,
    /^ProtectSystem=strict$/m,
    /^NoNewPrivileges=yes$/m,
    /^CapabilityBoundingSet=$/m,
  ])('has %s', (setting) => {
    expect(unit).toMatch(setting);
  });

  it('is packed', () => {
    expect(manifest.files).toContain('systemd');
  });
});

describe.runIf(existsSync(analyze))('systemd', () => {
  /** The unit in a root of its own, in which what it starts is there. */
  function root(): string {
    const folder = temporaryFolder();
    for (const place of ['etc/systemd/system', 'usr/bin', 'bin', 'etc'])
      mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(join(folder, 'etc/systemd/system/iot.service'), unit);
    for (const program of ['usr/bin/env', 'bin/kill'])
      writeFileSync(join(folder, program), '', { mode: 0o755 });
    return folder;
  }

  it('understands every setting of the unit', () => {
    const folder = root();
    const printed = execFileSync(
      '/bin/sh',
      [
        '-c',
        `${analyze} verify --man=no --recursive-errors=no --root="$1" iot.service 2>&1; true`,
        'sh',
        folder,
      ],
      { encoding: 'utf8' },
    );
    expect(printed.split('\n').filter((line) => line.includes('iot.service'))).toEqual([]);
  });

  it('finds little that the unit leaves open', () => {
    const folder = root();
    const args = ['security', '--offline=yes', `--root=${folder}`, '--no-pager', 'iot.service'];
    const printed = execFileSync(analyze, args, { encoding: 'utf8' });
    const [, exposure] = /Overall exposure level for iot\.service: ([\d.]+)/.exec(printed)!;
    expect(Number(exposure)).toBeLessThan(2.5);
  });
});
