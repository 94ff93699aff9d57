import { EventEmitter } from 'node:events';
import type { MqttClient } from 'mqtt';
import { expect, it } from 'vitest';
import { Outbox } from '../src/outbox.js';

/** The client of a broker that answers when the test says so. */
class FakeBroker extends EventEmitter {
  connected = false;
  /** Payloads that were sent on this link and have no answer, each with what takes it. */
  readonly underWay = new Map<string, () => void>();

  publish(_topic: string, payload: string, _options: object, done: () => void) {
    this.underWay.set(payload, done);
    return { getLastMessageId: () => 1 };
  }

  removeOutgoingMessage(): void {
    // It would not send it again in any case.
  }

  come(receiveMaximum?: number): void {
    this.connected = true;
    this.emit('connect', { properties: receiveMaximum === undefined ? undefined : { receiveMaximum } });
  }

  go(): void {
    this.connected = false;
    this.underWay.clear();
    this.emit('close');
  }

  /** Takes the oldest; returns its payload. */
  take(): string | undefined {
    for (const [payload, done] of this.underWay) {
      this.underWay.delete(payload);
      done();
      return payload;
    }
    return undefined;
  }

  takeAll(): (string | undefined)[] {
    return Array.from({ length: this.underWay.size }, () => this.take());
  }

  get payloads(): string[] {
    return [...this.underWay.keys()];
  }
}

function start() {
  const broker = new FakeBroker();
  const outbox = new Outbox(broker as unknown as MqttClient);
  const publish = (order: string, payload: string) =>
    outbox.publish({ order, topic: 'topic', payload, retain: false });
  return { broker, publish };
}

it('no more messages are under way than the broker takes at once', () => {
  const { broker, publish } = start();
  for (const payload of ['1', '2', '3', '4', '5']) void publish('board', payload);
  broker.come(2);
  expect(broker.payloads).toEqual(['1', '2']);
  expect(broker.take()).toBe('1');
  expect(broker.payloads).toEqual(['2', '3']);
  broker.go();
  broker.come(3); // those that had no answer go alone first
  expect([broker.take(), broker.take()]).toEqual(['2', '3']);
  expect(broker.payloads).toEqual(['4', '5']);
});

it('after an outage what had no answer goes again, and nothing of its board before it', () => {
  const { broker, publish } = start();
  broker.come();
  for (const payload of ['a1', 'a2']) void publish('a', payload);
  broker.go();
  for (const payload of ['a3', 'a4']) void publish('a', payload);
  void publish('b', 'b1');
  broker.come();
  expect(broker.payloads).toEqual(['a1']);
  expect([broker.take(), broker.take()]).toEqual(['a1', 'a2']);
  expect(broker.takeAll()).toEqual(['a3', 'a4', 'b1']);
});

it('a message that ends the links is given up after the third, and what follows it from its board goes on', async () => {
  const { broker, publish } = start();
  broker.come();
  const bad = publish('a', 'bad');
  void publish('a', 'a2');
  void publish('b', 'b1');
  for (let link = 1; link <= 2; link += 1) {
    broker.go();
    void publish('a', `a of link ${link}`);
    broker.come();
    const taken: (string | undefined)[] = [];
    while (broker.payloads[0] !== 'bad') taken.push(broker.take());
    expect(taken).toEqual(link === 1 ? [] : ['b1']);
  }
  broker.go();
  expect(await bad).toMatchObject({ type: 'given up' });
  broker.come();
  const rest: (string | undefined)[] = [];
  while (broker.underWay.size > 0) rest.push(broker.take());
  expect(rest).toEqual(['a2', 'a of link 1', 'a of link 2']);
});
