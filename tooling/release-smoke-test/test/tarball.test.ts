// What npm put into the user's folder is what the tarball held.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { filesBelow } from '../src/install.js';
import { manifests, readManifest } from '../src/packages.js';

const version = manifests(inject('after'), 'packages')[0]!.version;

/** What a package holds besides what it must and its `dist`. */
const MORE: Readonly<Record<string, RegExp>> = {
  '@iot/admin': /^(grafana|prometheus|dist\/dashboard)\//,
  '@iot/cli': /^(man|systemd)\//,
  '@iot/client': /^examples\//,
  '@iot/i2c-link': /^systemd\//,
};

/** What @iot/mqtt-gateway brings, and with it whatever depends on it. */
const WITH_MQTT = [
  '@babel',
  '@types',
  'abort-controller',
  'abstract-level',
  'base64-js',
  'bl',
  'broker-factory',
  'buffer-from',
  'buffer',
  'classic-level',
  'commander',
  'commist',
  'concat-stream',
  'debug',
  'event-target-shim',
  'events',
  'fast-unique-numbers',
  'help-me',
  'ieee754',
  'inherits',
  'ip-address',
  'is-buffer',
  'level-supports',
  'level-transcoder',
  'lru-cache',
  'maybe-combine-errors',
  'minimist',
  'module-error',
  'mqtt-packet',
  'mqtt',
  'ms',
  'napi-macros',
  'node-gyp-build',
  'process-nextick-args',
  'process',
  'readable-stream',
  'rfdc',
  'safe-buffer',
  'smart-buffer',
  'socks',
  'split2',
  'string_decoder',
  'tslib',
  'typedarray',
  'undici-types',
  'util-deprecate',
  'worker-factory',
  'worker-timers-broker',
  'worker-timers-worker',
  'worker-timers',
  'ws',
  'yaml',
];

/** What a package brings that this project has not made. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  '@iot/store-level': [
    'abstract-level',
    'base64-js',
    'buffer',
    'classic-level',
    'ieee754',
    'is-buffer',
    'level-supports',
    'level-transcoder',
    'maybe-combine-errors',
    'module-error',
    'napi-macros',
    'node-gyp-build',
  ],
  '@iot/admin': ['@opentelemetry'],
  '@iot/fault-proxy': ['commander'],
  '@iot/mqtt-gateway': WITH_MQTT,
  '@iot/cli': WITH_MQTT,
};

describe.each(inject('installed'))('$name', ({ name, home, folder }) => {
  const files = filesBelow(home);
  const text = readFileSync(join(home, 'package.json'), 'utf8');
  const manifest = readManifest(home);

  it('has its manifest, its readme and its licence', () => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(readFileSync(join(home, 'LICENSE'), 'utf8')).toMatch(/^MIT License/);
    const readme = join('packages', name.replace('@iot/', ''), 'README.md');
    expect(readFileSync(join(home, 'README.md'), 'utf8')).toBe(
      readFileSync(join(inject('after'), readme), 'utf8'),
    );
  });

  it('holds nothing else but what is built, and no test, source or setting', () => {
    const known = ['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json'];
    const built = /^dist\/.+\.(js|js\.map|d\.ts)$/;
    const commands = Object.values(manifest.bin ?? {}).map((path) => normalize(path));
    const others = files.filter((file) => !known.concat(commands).includes(file) && !built.test(file));
    expect(others.filter((file) => MORE[name]?.test(file) !== true)).toEqual([]);
    expect(files.filter((file) => /\btest\b|\.test\.|\.config\.|tsconfig/.test(basename(file)))).toEqual([]);
    if (name in MORE) expect(others).not.toEqual([]);
  });

  it('names versions and built files, nothing of the workspace', () => {
    expect(manifest.version).toBe(version);
    expect(text).not.toMatch(/workspace:|catalog:|link:|@iot\/source/);
    for (const [other, asked] of Object.entries(manifest.dependencies ?? {})) {
      if (other.startsWith('@iot/')) expect(asked).toBe(`^${version}`);
      else expect(asked).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  it('has every file that its manifest leads to', () => {
    const targets = Object.values(manifest.exports ?? {}).flatMap((conditions) => Object.values(conditions));
    const all = [...targets, ...Object.values(manifest.bin ?? {})];
    expect(all).not.toEqual([]);
    for (const target of all) {
      expect(existsSync(join(home, target)), target).toBe(true);
    }
  });

  it('brings no package but those of this project and those that it must, and not what is optional', () => {
    const brought = filesBelow(join(folder, 'node_modules')).map((file) => file.split('/')[0]);
    const ours = ['@iot', '.bin', '.package-lock.json'];
    expect([...new Set(brought)].filter((entry) => !ours.includes(entry!))).toEqual(OTHERS[name] ?? []);
  });
});
