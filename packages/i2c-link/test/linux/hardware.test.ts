import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openResponderHardware, parseGpioLine } from '../../src/linux/index.js';
import { GpiodStandIn, I2cBusStandIn } from './stand-ins.js';

const OPTIONS = {
  bus: 1,
  syn: { chip: 'gpiochip0', line: 17 },
  ack: { chip: 'gpiochip0', line: 27 },
  reset: { chip: 'gpiochip0', line: 'GPIO22' },
  failed: (error: Error) => {
    throw error;
  },
};

function standIns() {
  const gpiod = new GpiodStandIn();
  const i2c = new I2cBusStandIn();
  return { gpiod, i2c, native: { i2cBus: i2c.load, gpiod: gpiod.load } };
}

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the hardware of a responder', () => {
  it('pulls up what the board drives, and leaves its own wire high', async () => {
    const { gpiod, i2c, native } = standIns();
    const hardware = await openResponderHardware(OPTIONS, native);
    hardware.ports.ack.write(0);
    expect(hardware.ports.ack.read()).toBe(0);
    await hardware.close();
    await hardware.close();
    expect(gpiod.calls).toEqual([
      'gpiochip0:27 output iot-i2c-link 1',
      'gpiochip0:17 input iot-i2c-link 32',
      'gpiochip0:GPIO22 input iot-i2c-link 32',
      'gpiochip0:27 = 0',
      'gpiochip0:27 = 1',
      'gpiochip0:27 released',
      'gpiochip0:17 released',
      'gpiochip0:GPIO22 released',
    ]);
    expect(i2c.calls).toEqual(['open 1', 'close']);
  });

  it('reports the changes of both wires, until it is closed', async () => {
    const { gpiod, native } = standIns();
    const hardware = await openResponderHardware(OPTIONS, native);
    const heard: string[] = [];
    hardware.ports.syn.onEdge((level) => heard.push(`syn ${level}`));
    hardware.ports.reset?.pin.onEdge((level) => heard.push(`reset ${level}`));
    gpiod.levels.set('gpiochip0:17', 0);
    vi.advanceTimersByTime(2);
    gpiod.levels.set('gpiochip0:GPIO22', 0);
    vi.advanceTimersByTime(2);
    expect([hardware.ports.syn.read(), hardware.ports.reset?.pin.read()]).toEqual([0, 0]);
    expect(heard).toEqual(['syn 0', 'reset 0']);
    await hardware.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('looks for the answer to its own change at once', async () => {
    const { gpiod, native } = standIns();
    await using hardware = await openResponderHardware(OPTIONS, native);
    const heard: number[] = [];
    hardware.ports.syn.onEdge((level) => heard.push(level));
    hardware.ports.ack.write(0);
    gpiod.levels.set('gpiochip0:17', 0);
    vi.advanceTimersToNextTimer();
    expect(heard).toEqual([0]);
    expect(performance.now()).toBe(0);
  });

  it("does not drive the other unit's wire", async () => {
    const { native } = standIns();
    await using hardware = await openResponderHardware(OPTIONS, native);
    expect(() => hardware.ports.syn.write(1)).toThrow(
      'GPIO line gpiochip0:17 cannot be written: the other unit drives it',
    );
  });

  it('needs no reset wire', async () => {
    const { gpiod, native } = standIns();
    await using hardware = await openResponderHardware({ ...OPTIONS, reset: undefined }, native);
    expect(hardware.ports.reset).toBeUndefined();
    expect(gpiod.calls).toHaveLength(2);
  });

  it('reports once when a line is gone, and can still be closed', async () => {
    const { gpiod, i2c, native } = standIns();
    const failures: Error[] = [];
    const hardware = await openResponderHardware(
      { ...OPTIONS, failed: (error) => failures.push(error) },
      native,
    );
    hardware.ports.syn.onEdge(() => undefined);
    gpiod.broken = true;
    vi.advanceTimersByTime(10);
    expect(failures).toMatchObject([
      { code: 'ERR_LINK_LOST', message: 'a GPIO line can no longer be read (EIO, ::getValue)' },
    ]);
    await hardware.close();
    expect(gpiod.calls.filter((call) => call.endsWith('released'))).toHaveLength(3);
    expect(i2c.calls).toContain('close');
  });
});

describe('hardware that cannot be had', () => {
  it.each([
    [{ chip: 'gpiochip9', line: 4 }, 'gpiochip9:4 (ENOENT, No such file or directory): is it free'],
    [{ chip: 'gpiochip0', line: 99 }, 'gpiochip0:99 (EBUSY, Device or resource busy): is it free'],
  ])('is one clear line, and the rest is given back: %j', async (syn, message) => {
    const { gpiod, i2c, native } = standIns();
    const opening = openResponderHardware({ ...OPTIONS, syn }, native);
    await expect(opening).rejects.toThrow(`cannot use GPIO line ${message}`);
    expect(gpiod.calls.slice(1)).toEqual(['gpiochip0:27 = 1', 'gpiochip0:27 released']);
    expect(i2c.calls).toEqual(['open 1', 'close']);
  });

  it('is one clear line when the packages are not there', async () => {
    await expect(openResponderHardware(OPTIONS)).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: expect.stringMatching(
        /^GPIO needs the package node-libgpiod \(.+\): npm install node-libgpiod@0\.5; README/,
      ) as string,
    });
  });
});

it.each([
  ['gpiochip0:17', { chip: 'gpiochip0', line: 17 }],
  ['/dev/gpiochip4:3', { chip: '/dev/gpiochip4', line: 3 }],
  ['gpiochip0:GPIO17', { chip: 'gpiochip0', line: 'GPIO17' }],
  ['17', undefined],
  ['gpiochip0:', undefined],
  [':17', undefined],
])('%s is the line %j', (text, line) => {
  expect(parseGpioLine(text)).toEqual(line);
});
