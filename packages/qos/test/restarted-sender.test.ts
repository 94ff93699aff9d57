import { describe, expect, it } from 'vitest';
import { Bench } from './bench.js';

/** A server whose client has sent these lines one by one, each after the ack of the last, all with the same text. */
function afterRun(...ids: string[]): Bench {
  const server = Bench.server();
  for (const id of ids) {
    server.receive(`${id}same\n`);
    server.wire();
  }
  server.lines();
  return server;
}

describe('id 0 on a later link with the text of the last id 0', () => {
  it('is the first line of a restarted sender, when its sender had gone on and only a keepalive follows', () => {
    const server = afterRun('00', '01', '02');
    server.reconnect();
    server.receive('00same\n');
    expect(server.wire()).toBe('');
    expect(server.pass(250)).toBe('00\n');
    expect(server.lines()).toEqual(['same']);
    server.receive('01same\n');
    server.receive('02same\n');
    expect(server.lines()).toEqual(['same', 'same']);
  });

  it('is a repeat, when another message follows: its sender does not wait for acks', () => {
    const server = afterRun('00', '01', '02');
    server.reconnect();
    server.receive('00same\n01same\n02same\n');
    expect(server.wire()).toBe('00\n01\n02\n');
    expect(server.pass(1000)).toBe('');
    expect(server.lines()).toEqual([]);
  });

  it('is a repeat, when a busy process has read late what followed it', () => {
    const server = afterRun('00', '01', '02');
    server.reconnect();
    server.receive('00same\n');
    server.now += 1500;
    server.receive('\n01same\n02same\n');
    expect(server.lines()).toEqual([]);
  });

  it('is a repeat at once, when nothing else came after it: its sender may lack the ack', () => {
    const server = afterRun('00');
    server.reconnect();
    server.receive('00same\n');
    expect(server.wire()).toBe('00\n');
    expect(server.lines()).toEqual([]);
  });

  it('is a repeat at once, when its sender had gone on before the ack was out', () => {
    const server = Bench.server();
    server.receive('00same\n01same\n');
    server.wire();
    server.lines();
    server.receive('02same\n');
    server.wire();
    server.lines();
    server.reconnect();
    server.receive('00same\n');
    expect(server.wire()).toBe('00\n');
    expect(server.lines()).toEqual([]);
  });

  it('stays undecided while a keepalive may still be one that was sent between two repeats', () => {
    const server = afterRun('00', '01');
    server.reconnect();
    server.receive('00same\n');
    server.now += 249;
    server.receive('\n');
    expect(server.wire()).toBe('');
    server.receive('01same\n');
    expect(server.wire()).toBe('00\n01\n');
    expect(server.lines()).toEqual([]);
  });

  it('is undecided again on the next link, when its own ends first', () => {
    const server = afterRun('00', '01');
    server.reconnect();
    server.receive('00same\n');
    server.reconnect();
    expect(server.pass(500)).toBe('');
    server.receive('00same\n');
    expect(server.pass(500)).toBe('00\n');
    expect(server.lines()).toEqual(['same']);
  });

  it('is delivered once, when it is repeated while it is undecided', () => {
    const server = afterRun('00', '01');
    server.reconnect();
    server.receive('00same\n');
    server.receive('00same\n');
    server.pass(500);
    expect(server.lines()).toEqual(['same']);
  });
});

describe('id 0 that is not in the record', () => {
  it('is from a restarted sender, when its ids had gone round since the last 0', () => {
    const server = afterRun('00');
    for (let n = 1; n < 300; n++)
      server.receive(`${(((n - 1) % 255) + 1).toString(16).padStart(2, '0')}same\n`);
    server.wire();
    server.lines();
    server.reconnect();
    server.receive('00same\n');
    server.receive('01same\n');
    expect(server.lines()).toEqual(['same', 'same']);
  });

  it('is from a restarted sender, when this end has started after the last 0', () => {
    const server = afterRun('01', '02');
    server.reconnect();
    server.receive('00same\n');
    server.receive('01same\n');
    expect(server.lines()).toEqual(['same', 'same']);
  });

  it('is the one that was refused, when there had been no space for it', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('0aa\n0bb\n');
    server.wire();
    server.receive('00same\n');
    server.lines();
    server.receive('01same\n');
    server.reconnect();
    server.receive('00same\n');
    server.receive('01same\n');
    expect(server.lines()).toEqual(['same', 'same']);
  });
});
