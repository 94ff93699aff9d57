/**
 * The floor for the I2C channel: an exchange written by hand, without state machines, transports and error
 * handling.
 */
import type { Clock } from '@iot/connection';
import type { Level, Pin } from '@iot/i2c-link/board';
import type { MemoryBus } from '@iot/i2c-link/testing';

const ADDRESS = 0x12;
const PREPARE_MS = 0.02;
const TURN_MS = 0.1;

/** Both units of one exchange that carries this payload in each direction. */
export async function bareExchange(bus: MemoryBus, clock: Clock, payload: Uint8Array): Promise<void> {
  await Promise.all([initiator(bus, payload), responder(bus, clock, payload)]);
}

async function initiator(bus: MemoryBus, payload: Uint8Array): Promise<void> {
  const { slave, syn, ack } = bus.initiator;
  const { signal } = new AbortController();
  for (const bytes of [size(payload), payload]) {
    syn.write(1);
    await slave.send(bytes, signal);
    await level(ack, 1);
    syn.write(0);
    await level(ack, 0);
  }
  let length = 2;
  for (let part = 0; part < 2; part++) {
    await level(ack, 1);
    syn.write(1);
    const bytes = await slave.receive(length, signal);
    length = bytes[0]!;
    await level(ack, 0);
    syn.write(0);
  }
}

async function responder(bus: MemoryBus, clock: Clock, payload: Uint8Array): Promise<void> {
  const { master, syn, ack } = bus.responder;
  let length = 2;
  for (let part = 0; part < 2; part++) {
    await level(syn, 1);
    await pass(clock, PREPARE_MS);
    const bytes = await master.read(ADDRESS, length);
    length = bytes[0]!;
    ack.write(1);
    await level(syn, 0);
    ack.write(0);
  }
  await pass(clock, TURN_MS);
  for (const bytes of [size(payload), payload]) {
    ack.write(1);
    await level(syn, 1);
    await pass(clock, PREPARE_MS);
    await master.write(ADDRESS, bytes);
    ack.write(0);
    await level(syn, 0);
  }
}

function size(payload: Uint8Array): Uint8Array {
  return Uint8Array.of(payload.length, 0);
}

function level(pin: Pin, wanted: Level): Promise<void> | undefined {
  if (pin.read() === wanted) return undefined;
  return new Promise((resolve) => {
    const leave = pin.onEdge((now) => {
      if (now !== wanted) return;
      leave();
      resolve();
    });
  });
}

function pass(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.at(clock.now() + ms, resolve));
}
