import { describe, expect, it } from 'vitest';
import type { Level } from '../src/channel/ports.js';
import type { Unit, Wire } from '../src/testing/index.js';
import { Units, type Ledger } from './units.js';

type Fault = (units: Units) => void;

const stuck =
  (wire: Wire, level: Level, forMs: number): Fault =>
  ({ world: { bus, time } }) => {
    bus.stick(wire, level);
    time.at(time.now() + forMs, () => bus.release(wire));
  };

const crash =
  (unit: Unit): Fault =>
  (units) => {
    units.crash(unit);
    units.world.time.at(units.world.time.now() + 100, () => units.boot(unit));
  };

const FAULTS: Record<string, Fault> = {
  'the next transfer has no answer': ({ world }) => world.bus.failNextTransfer(),
  'the next transfer breaks off before its first byte': ({ world }) => world.bus.truncateNextTransfer(0),
  'the next transfer breaks off after a byte': ({ world }) => world.bus.truncateNextTransfer(1),
  'syn is low for 50 ms': stuck('syn', 0, 50),
  'syn is high for 50 ms': stuck('syn', 1, 50),
  'ack is low for 50 ms': stuck('ack', 0, 50),
  'ack is high for 50 ms': stuck('ack', 1, 50),
  'syn is low for 8 s': stuck('syn', 0, 8000),
  'syn is high for 8 s': stuck('syn', 1, 8000),
  'ack is low for 8 s': stuck('ack', 0, 8000),
  'ack is high for 8 s': stuck('ack', 1, 8000),
  'the initiator restarts': crash('initiator'),
  'the responder restarts': crash('responder'),
};

/** The reset pulse, and the second after synchronising. */
const FIRST_EXCHANGE_MS = 1200;
/** Two exchanges with a payload each way: four transfers each, with their edges. */
const STEPS = 2 * 4 * (2 + 4);

/** Runs a world in which `fault` strikes at that step, until lines come again both ways. */
async function strike(fault: Fault, step: number, resetEndsItsRun: boolean): Promise<Units> {
  const units = new Units(resetEndsItsRun);
  const { bus, time } = units.world;
  const ledgers = Object.values(units.ledgers);
  await time.advance(FIRST_EXCHANGE_MS - 1);
  let happened = 0;
  bus.observe(() => {
    if (happened++ === step) fault(units);
  });
  await time.until(() => happened > step);
  await time.advance(8000);
  const before = ledgers.map(({ received }) => received.length);
  await time.until(() => ledgers.every(({ received }, i) => received.length >= before[i]! + 3));
  return units;
}

function nothingTwice({ received }: Ledger): void {
  expect(received.filter((line, i) => received.indexOf(line) !== i)).toEqual([]);
  const order = (line: string) => Number(/\d+$/.exec(line.trim())![0]);
  const name = (line: string) => line.split(',', 1)[0];
  for (const [i, line] of received.slice(1).entries()) {
    if (name(received[i]!) === name(line)) expect(order(line)).toBeGreaterThan(order(received[i]!));
  }
}

/** Lines that were reported taken and never came. */
function lost({ taken, received }: Ledger): number {
  return taken.filter((line) => !received.includes(line)).length;
}

describe.each([
  ['a responder that its reset line restarts', true],
  ['a responder that listens to its reset line', false],
])('with %s', (_, resetEndsItsRun) => {
  it.each(Object.keys(FAULTS))('lines come again and none twice when at any step %s', async (name) => {
    for (let step = 0; step < STEPS; step++) {
      const { ledgers } = await strike(FAULTS[name]!, step, resetEndsItsRun);
      for (const each of Object.values(ledgers)) {
        nothingTwice(each);
        expect(lost(each), `at step ${step}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it('a world without a fault loses nothing, and has as many steps as are tried', async () => {
    const units = new Units(resetEndsItsRun);
    const { bus, time } = units.world;
    await time.advance(FIRST_EXCHANGE_MS - 1);
    let steps = 0;
    bus.observe(() => {
      steps += 1;
    });
    await time.advance(250);
    expect(steps).toBeGreaterThanOrEqual(STEPS);
    for (const each of Object.values(units.ledgers)) {
      nothingTwice(each);
      expect(each.received.length).toBeGreaterThanOrEqual(2);
      expect(each.received).toEqual(each.written.slice(0, each.received.length));
    }
  });
});
