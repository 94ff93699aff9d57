/**
 * Replaces the package `node-libgpiod`: lines 17, 27 and 22 are syn, ack and reset; 99 breaks while it is in use, and
 * all of them when SIGUSR1 unplugs the adapter.
 */
import type { GpiodLine, GpiodPackage } from '../../../src/linux/index.js';
import { bus } from './board.js';

const WIRES: Partial<Record<number | string, 'syn' | 'ack' | 'reset'>> = {
  17: 'syn',
  27: 'ack',
  22: 'reset',
};

let unplugged = false;
process.on('SIGUSR1', () => (unplugged = true));

class Chip {
  constructor(readonly id: string) {}
}

class Line implements GpiodLine {
  static readonly RequestFlags = { BIAS_PULL_UP: 32 };
  readonly #id: number | string;
  #reads = 0;

  constructor(_chip: object, id: number | string) {
    this.#id = id;
  }

  requestInputModeFlags(): void {}

  requestOutputMode(): void {}

  getValue(): number {
    this.#reads += 1;
    if (unplugged || (this.#id === 99 && this.#reads > 10)) throw new Error('ENODEV, ::getValue');
    const wire = WIRES[this.#id];
    return wire === undefined ? 1 : bus.responder[wire].read();
  }

  setValue(value: 0 | 1): void {
    if (unplugged) throw new Error('ENODEV, ::setValue');
    const wire = WIRES[this.#id];
    if (wire !== undefined) bus.responder[wire].write(value);
  }

  release(): void {}
}

const standIn: GpiodPackage = { Chip, Line };

export default standIn;
