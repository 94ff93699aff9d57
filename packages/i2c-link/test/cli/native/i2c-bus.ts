/** Replaces the package `i2c-bus`. */
import type { I2cBusPackage } from '../../../src/linux/index.js';
import { bus, powerOn } from './board.js';

const standIn: I2cBusPackage = {
  openPromisified: async (number) => {
    if (number !== 1) throw new Error(`ENOENT: no such file or directory, open '/dev/i2c-${number}'`);
    const board = powerOn();
    const { master } = bus.responder;
    return {
      i2cFuncs: async () => ({ i2c: true }),
      i2cRead: async (address, length, buffer) => {
        buffer.set(await master.read(address, length));
        return { bytesRead: length };
      },
      i2cWrite: async (address, length, buffer) => {
        await master.write(address, buffer);
        return { bytesWritten: length };
      },
      close: () => board.close(),
    };
  },
};

export default standIn;
