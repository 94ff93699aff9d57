import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBoard, type BoardOptions } from '../src/board/index.js';
import { openBridge, type BridgeOptions } from '../src/bridge/index.js';
import { MemoryBus } from '../src/testing/index.js';
import { VirtualTime } from './virtual-time.js';

let time: VirtualTime;
let bus: MemoryBus;

beforeEach(() => {
  time = new VirtualTime();
  bus = new MemoryBus({ clock: time });
});
afterEach(() => {
  expect([bus.level('syn'), bus.level('ack'), bus.level('reset'), time.armed]).toEqual([1, 1, 1, 0]);
});

const pin = { read: () => 1 as const, write: () => undefined, onEdge: () => () => undefined };
const PIN = 'must be an object with the methods read, write, onEdge';

const WIRES: readonly [string, object, string][] = [
  ['no syn', { syn: undefined }, `syn ${PIN}`],
  ['the number of a wire as syn', { syn: 17 }, `syn ${PIN}`],
  ['no ack', { ack: undefined }, `ack ${PIN}`],
  ['an ack without its edges', { ack: { ...pin, onEdge: undefined } }, `ack ${PIN}`],
  ['the pin in place of the reset line', { reset: pin }, `reset.pin ${PIN}`],
  ['a reset line without a pin', { reset: { activeLevel: 1 } }, `reset.pin ${PIN}`],
  ['null as the reset line', { reset: null }, `reset.pin ${PIN}`],
  [
    'a reset line with an option that there is none of',
    { reset: { pin, activelevel: 1 } },
    'there is no option reset.activelevel: is it reset.activeLevel?',
  ],
  ['a level that is none', { reset: { pin, activeLevel: 'low' } }, 'reset.activeLevel must be 0 or 1'],
  ['no pulse', { reset: { pin, pulseMs: 0 } }, 'reset.pulseMs must be a whole number from 1 to'],
  ['a value that is not an option', { close: () => undefined }, 'there is no option close'],
];

const usageError = (message: string) =>
  expect.objectContaining({
    name: 'UsageError',
    code: 'ERR_BAD_OPTION',
    message: expect.stringContaining(message) as string,
  }) as Error;

describe('a board is not opened, and nothing happens on its wires,', () => {
  it.each([
    ['no slave', { slave: undefined }, 'slave must be an object with the methods send, receive'],
    ['a slave that only sends', { slave: { send: () => undefined } }, 'slave must be an object'],
    ['a mistyped option', { exchangeInterval: 5 }, 'is it exchangeIntervalMs?'],
    ...WIRES,
  ])('with %s', (_, wrong, message) => {
    const hardware = { ...bus.initiator, reset: { pin: bus.initiator.reset } };
    const options = { id: 'board', host: 'server', ...hardware, clock: time, ...wrong } as BoardOptions;
    expect(() => openBoard(options)).toThrow(usageError(message));
  });
});

describe('a bridge is not opened, and nothing happens on its wires,', () => {
  it.each([
    ['no master', { master: undefined }, 'master must be an object with the methods read, write'],
    ['null as master', { master: null }, 'master must be an object'],
    ['a mistyped option', { conect: () => undefined }, 'is it connect?'],
    ...WIRES,
  ])('with %s', (_, wrong, message) => {
    const hardware = { ...bus.responder, reset: { pin: bus.responder.reset } };
    const options = { ...hardware, clock: time, ...wrong } as BridgeOptions;
    expect(() => openBridge(options)).toThrow(usageError(message));
  });
});
