import { LinkError } from '@iot/framing';
import { describe, expect, it } from 'vitest';
import { LinuxBus } from '../../src/linux/index.js';
import { I2cBusStandIn } from './stand-ins.js';

const BOARD = 0x12;

async function open() {
  const i2c = new I2cBusStandIn();
  return { i2c, bus: await LinuxBus.open(1, i2c.load) };
}

describe('the bus', () => {
  it('reads what the board has, and writes to it', async () => {
    const { i2c, bus } = await open();
    i2c.transfer = (buffer) => Promise.resolve(buffer.fill('ab').length);
    expect(Buffer.from(await bus.read(BOARD, 2)).toString()).toBe('ab');
    i2c.transfer = (buffer) => Promise.resolve(buffer.length);
    await bus.write(BOARD, new TextEncoder().encode('hi'));
    await bus.close();
    expect(i2c.calls).toEqual(['open 1', 'read 2 from 18', 'write hi to 18', 'close']);
  });

  it('takes a transfer that ended early for a failure', async () => {
    const { i2c, bus } = await open();
    i2c.transfer = () => Promise.resolve(1);
    await expect(bus.read(BOARD, 2)).rejects.toThrow('the read ended after 1 of 2 bytes');
    await expect(bus.write(BOARD, new Uint8Array(3))).rejects.toThrow('the write ended after 1 of 3 bytes');
  });

  it('says what failed when the board does not answer', async () => {
    const { i2c, bus } = await open();
    i2c.transfer = () => Promise.reject(new Error('EREMOTEIO: remote I/O error, read'));
    const failure: unknown = await bus.read(BOARD, 2).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LinkError);
    expect(failure).toMatchObject({
      code: 'ERR_LINK_LOST',
      message: expect.stringContaining('the read failed (EREMOTEIO: remote I/O error, read)') as string,
    });
  });

  it('is closed once, when the transfer under way is over', async () => {
    const { i2c, bus } = await open();
    let done: (bytes: number) => void = () => undefined;
    i2c.transfer = () => new Promise((resolve) => (done = resolve));
    const reading = bus.read(BOARD, 2);
    const closed = [bus.close(), bus.close()];
    expect(i2c.calls).toEqual(['open 1', 'read 2 from 18']);
    done(2);
    await reading;
    await Promise.all(closed);
    expect(i2c.calls).toEqual(['open 1', 'read 2 from 18', 'close']);
  });
});

describe('a bus that cannot be had', () => {
  it('is one clear line when it is not there', async () => {
    const i2c = new I2cBusStandIn();
    await expect(LinuxBus.open(7, i2c.load)).rejects.toThrow(
      /^cannot use I2C bus 7 \(ENOENT: no such file or directory, open '\/dev\/i2c-7'\): is I2C switched on, and/,
    );
    expect(i2c.calls).toEqual(['open 7', 'close']);
  });

  it('is one clear line when it is an SMBus', async () => {
    const i2c = new I2cBusStandIn();
    i2c.plainI2c = false;
    await expect(LinuxBus.open(1, i2c.load)).rejects.toThrow('it has no plain I2C transfers');
    expect(i2c.calls).toEqual(['open 1', 'close']);
  });

  it('is one clear line when the package is not there', async () => {
    await expect(LinuxBus.open(1)).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: expect.stringMatching(
        /^I2C needs the package i2c-bus \(.+\): npm install i2c-bus@5; README.md lists what it needs$/,
      ) as string,
    });
  });
});
