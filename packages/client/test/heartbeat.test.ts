import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, linuxLed } from '../src/index.js';
import { RawServer } from './raw-server.js';

describe('a heartbeat', () => {
  it('is called on each keepalive received, and not on lines or acks', async () => {
    await using server = await RawServer.start();
    let beats = 0;
    let beaten: () => void = () => undefined;
    const heartbeat = () => {
      beats += 1;
      beaten();
    };
    const next = () => new Promise<void>((resolve) => (beaten = resolve));
    const first = next();
    await using client = connect({ id: 'board', host: '127.0.0.1', port: server.port, heartbeat });
    await first;
    expect(beats).toBe(1);
    server.links[0]?.says('00one\n01two\n');
    await client.readline();
    await client.readline();
    expect(beats).toBe(1);
    const second = next();
    server.links[0]?.says('\n');
    await second;
    expect(beats).toBe(2);
  });

  it('that throws becomes an uncaught exception, and the link stays up', async () => {
    await using server = await RawServer.start();
    const uncaught = new Promise<unknown>((resolve) => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const other of others) process.on('uncaughtException', other);
        resolve(error);
      });
    });
    const failure = new Error('the LED does not exist');
    await using client = connect({
      id: 'board',
      host: '127.0.0.1',
      port: server.port,
      heartbeat: () => {
        throw failure;
      },
    });
    await client.ready();
    expect(await uncaught).toBe(failure);
    expect(client.status).toBe(true);
  });
});

describe('an LED of a Linux board', () => {
  let root: string;
  const file = (name: string) => join(root, 'led0', name);
  const brightness = () => readFileSync(file('brightness'), 'utf8');

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'leds-'));
    for (const name of ['led0', 'ACT']) mkdirSync(join(root, name));
    writeFileSync(file('max_brightness'), '255\n');
    writeFileSync(file('brightness'), '255\n');
    writeFileSync(file('trigger'), '[mmc0] none\n');
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('toggles between dark and its brightest, and nothing else drives it any more', () => {
    const beat = linuxLed('led0', { root });
    expect(readFileSync(file('trigger'), 'utf8')).toBe('none');
    expect(brightness()).toBe('0');
    beat();
    expect(brightness()).toBe('255');
    beat();
    expect(brightness()).toBe('0');
  });

  it('is refused with a reason where there are no LEDs at all', () => {
    const nowhere = join(root, 'none');
    expect(() => linuxLed('ACT', { root: nowhere })).toThrow(
      `cannot use the LED ACT: there is none in ${nowhere}`,
    );
  });

  it('that goes away later does not matter', () => {
    const beat = linuxLed('led0', { root });
    rmSync(join(root, 'led0'), { recursive: true });
    expect(beat).not.toThrow();
  });

  it.each([
    ['led9', /cannot use the LED led9: the LEDs in .* are ACT, led0$/],
    ['../led0', /not the name of an LED/],
    ['', /not the name of an LED/],
  ])('%j is refused with a reason', (name, message) => {
    expect(() => linuxLed(name, { root })).toThrow(message);
  });

  it('that cannot be written to is refused with the reason', () => {
    // A folder in the file's place refuses everyone, root included.
    rmSync(file('trigger'));
    mkdirSync(file('trigger'));
    expect(() => linuxLed('led0', { root })).toThrow(/cannot use the LED led0: EISDIR/);
  });
});
