import { describe, expect, it } from 'vitest';
import { SLAVE_ADDRESS } from '../src/channel/payloads.js';
import { settle } from './virtual-time.js';
import { World } from './world.js';

const { signal } = new AbortController();
const bytes = (...all: number[]) => Uint8Array.from(all);

describe('a wire in memory', () => {
  it('is high until its unit drives it, and reports edges later and in order', async () => {
    const { bus, time } = new World();
    const heard: number[] = [];
    bus.responder.syn.onEdge((level) => heard.push(level));
    expect([bus.level('syn'), bus.responder.syn.read()]).toEqual([1, 1]);
    bus.initiator.syn.write(0);
    bus.initiator.syn.write(0);
    bus.initiator.syn.write(1);
    expect(heard).toEqual([]);
    await time.advance(0);
    expect(heard).toEqual([0, 1]);
  });

  it('is driven by one unit only', () => {
    const { bus } = new World();
    expect(() => bus.initiator.ack.write(0)).toThrow('the other unit drives ack');
    expect(() => bus.responder.syn.write(0)).toThrow('the other unit drives syn');
    expect(() => bus.responder.reset.write(0)).toThrow('the other unit drives reset');
  });

  it('is not heard by who has stopped listening', async () => {
    const { bus, time } = new World();
    const heard: number[] = [];
    const stop = bus.responder.syn.onEdge((level) => heard.push(level));
    bus.initiator.syn.write(0);
    stop();
    await time.advance(0);
    expect(heard).toEqual([]);
  });

  it('keeps the level at which it is stuck, and then has the one that is driven', async () => {
    const { bus } = new World();
    bus.stick('syn', 1);
    bus.initiator.syn.write(0);
    expect(bus.level('syn')).toBe(1);
    bus.release('syn');
    expect(bus.level('syn')).toBe(0);
  });
});

describe('a transfer in memory', () => {
  it('moves bytes between a slave that is ready and the master, at the speed of the bus', async () => {
    const { bus, time } = new World({ khz: 100 });
    const { slave } = bus.initiator;
    const { master } = bus.responder;
    const sent = slave.send(bytes(1, 2), signal);
    expect(await time.settled(master.read(SLAVE_ADDRESS, 2))).toEqual(bytes(1, 2));
    await sent;
    expect(time.now()).toBeCloseTo(0.27, 6);
    const received = slave.receive(3, signal);
    await time.settled(master.write(SLAVE_ADDRESS, bytes(3, 4, 5)));
    expect(await received).toEqual(bytes(3, 4, 5));
    expect(time.now()).toBeCloseTo(0.63, 6);
  });

  it('fails when no slave is ready, or another address is meant', async () => {
    const { bus, time } = new World();
    const { master } = bus.responder;
    await expect(time.settled(master.read(SLAVE_ADDRESS, 2))).rejects.toMatchObject({ code: 'ENXIO' });
    void bus.initiator.slave.receive(2, signal);
    await expect(time.settled(master.read(SLAVE_ADDRESS, 2))).rejects.toMatchObject({ code: 'ENXIO' });
    await expect(time.settled(master.write(0x13, bytes(1, 2)))).rejects.toMatchObject({ code: 'ENXIO' });
    await time.settled(master.write(SLAVE_ADDRESS, bytes(1, 2)));
  });

  it('keeps the slave waiting for what is missing, and gives the master ones after the end', async () => {
    const { bus, time } = new World();
    const sent = bus.initiator.slave.send(bytes(1, 2, 3), signal);
    expect(await time.settled(bus.responder.master.read(SLAVE_ADDRESS, 2))).toEqual(bytes(1, 2));
    expect(await time.settled(bus.responder.master.read(SLAVE_ADDRESS, 2))).toEqual(bytes(3, 0xff));
    await sent;
  });

  it('breaks off or is not answered when told so, once', async () => {
    const { bus, time } = new World();
    const { master } = bus.responder;
    const received = bus.initiator.slave.receive(2, signal);
    bus.failNextTransfer();
    await expect(time.settled(master.write(SLAVE_ADDRESS, bytes(1, 2)))).rejects.toMatchObject({
      code: 'ENXIO',
    });
    bus.truncateNextTransfer(1);
    await expect(time.settled(master.write(SLAVE_ADDRESS, bytes(1, 2)))).rejects.toMatchObject({
      code: 'EIO',
    });
    await time.settled(master.write(SLAVE_ADDRESS, bytes(3)));
    expect(await received).toEqual(bytes(1, 3));
  });

  it('is answered no more once the slave has been aborted, be it half way', async () => {
    const { bus, time } = new World();
    const aborter = new AbortController();
    const sent = bus.initiator.slave.send(bytes(1, 2), aborter.signal);
    const read = bus.responder.master.read(SLAVE_ADDRESS, 2);
    aborter.abort();
    await expect(sent).rejects.toBe(aborter.signal.reason);
    await expect(time.settled(read)).rejects.toMatchObject({ code: 'EIO' });
    await expect(bus.initiator.slave.send(bytes(1), aborter.signal)).rejects.toBe(aborter.signal.reason);
  });

  it('needs the slave to do one thing at a time', async () => {
    const { bus } = new World();
    void bus.initiator.slave.receive(2, signal);
    await expect(bus.initiator.slave.send(bytes(1), signal)).rejects.toThrow('one send or receive at a time');
  });

  it('is told to observers from its beginning to its end', async () => {
    const { bus, time } = new World();
    const told: string[] = [];
    bus.observe(({ type }) => told.push(type));
    void bus.initiator.slave.send(bytes(1), signal);
    await time.settled(bus.responder.master.read(SLAVE_ADDRESS, 1));
    await expect(time.settled(bus.responder.master.read(SLAVE_ADDRESS, 1))).rejects.toThrow();
    bus.initiator.syn.write(0);
    expect(told).toEqual(['began', 'transfer', 'began', 'fault', 'edge']);
  });
});

describe('a unit that crashes', () => {
  it('leaves its wires high, hears nothing and drives nothing, and has new ports for its next run', async () => {
    const { bus, time } = new World();
    const old = bus.initiator;
    const heard: number[] = [];
    old.ack.onEdge((level) => heard.push(level));
    old.syn.write(0);
    old.reset.write(0);
    bus.crash('initiator');
    expect([bus.level('syn'), bus.level('reset')]).toEqual([1, 1]);
    old.syn.write(0);
    bus.responder.ack.write(0);
    await time.advance(0);
    expect([bus.level('syn'), bus.level('ack'), heard]).toEqual([1, 0, []]);
    bus.initiator.syn.write(0);
    expect(bus.level('syn')).toBe(0);
  });

  it('takes its transfers with it: the slave’s fails at the master, the master’s never ends', async () => {
    const { bus, time } = new World();
    let settled = 0;
    const count = () => {
      settled += 1;
    };
    const sent = bus.initiator.slave.send(bytes(1), signal).then(count, count);
    const read = bus.responder.master.read(SLAVE_ADDRESS, 1);
    bus.crash('initiator');
    await expect(time.settled(read)).rejects.toMatchObject({ code: 'EIO' });
    void bus.initiator.slave.send(bytes(1), signal).then(count, count);
    const { master } = bus.responder;
    void master.read(SLAVE_ADDRESS, 1).then(count, count);
    bus.crash('responder');
    bus.observe(count);
    void master.read(SLAVE_ADDRESS, 1).then(count, count);
    await time.advance(1000);
    await settle();
    expect(settled).toBe(0);
    void sent;
    // The slave still waits, for the master's next run.
    expect(await time.settled(bus.responder.master.read(SLAVE_ADDRESS, 1))).toEqual(bytes(1));
  });
});
