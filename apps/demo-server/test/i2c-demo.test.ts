import { describe, expect, it } from 'vitest';
import { holdPort, Program } from '@iot/app-kit/testing';

const I2C = ['--i2c', '--port', '0'];

describe('the demo with --i2c', () => {
  it.each([
    ['over TCP', [], /port \d+\n/],
    ['over TLS', ['--tls'], /port \d+ with TLS\n/],
  ])('crashes the bridge twice, each time at the cost of the line that it had, %s', async (_, tls, port) => {
    const demo = new Program('demo', [...I2C, ...tls]);
    const { code, stdout, stderr } = await demo.outcome;
    expect(stderr).toBe('');
    expect(stdout).toMatch(port);
    expect(stdout.match(/the bridge crashes after line \d+/g)).toEqual([
      'the bridge crashes after line 10',
      'the bridge crashes after line 20',
    ]);
    expect(stdout).toMatch(/^board to server +30 +28 +0 +0 +0 +2 +\d+$/m);
    expect(stdout).toMatch(/^server to board +\d+ +\d+ +0 +0 +0 +[012] +\d+$/m);
    expect(stdout).toMatch(/^\d+ sent, \d+ received, 0 lost, 0 duplicated, 0 reordered$/m);
    expect(stdout).toMatch(
      /^2 crashes of the bridge, with which 2 lines to the server and [012] to the board/m,
    );
    expect(stdout).toMatch(/; back after \d+ ms \(median\), \d+ ms \(max\)$/m);
    expect(stdout).toMatch(/\npassed\n$/);
    expect(code).toBe(0);
  });

  it('takes another port when its own is taken, and says so', async () => {
    const port = await holdPort();
    const demo = new Program('demo', ['--i2c', '--port', String(port)]);
    await demo.printed(new RegExp(`port ${port} is taken, so the server listens on port \\d+\n`));
  });

  it('prints every line when asked to', async () => {
    const demo = new Program('demo', [...I2C, '--verbose']);
    await demo.printed(/ board {2}sent \[42,3,99\]\n/);
    await demo.printed(/ server {2}got {2}\[42,3,99\]\n/);
    await demo.printed(/ board {2}got {2}\[\d+,3,99\]\n/);
    await demo.printed(/ server {2}link down, until it comes back\n/);
    await demo.printed(/ server {2}link up again \(link 2\)\n/);
  });

  it.each([
    ['before the first link', /listens on port/],
    ['while the lines go', /the board is up/],
    ['while the bridge is away', /the bridge crashes/],
  ])('ends early on SIGINT %s', async (_, step) => {
    const demo = new Program('demo', I2C);
    await demo.printed(step);
    demo.process.kill('SIGINT');
    const { code, stderr } = await demo.outcome;
    expect(stderr).toBe('error: stopped before the end\n');
    expect(code).toBe(1);
  });
});
