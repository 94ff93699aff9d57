import { describe, expect, it } from 'vitest';
import { idOf } from '../src/v1/message-id.js';
import { Bench, hex } from './bench.js';

describe('a refused line', () => {
  it('does not ack a refused line late that was repeated and is held', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n03c\n');
    expect(server.session.read()).toBe('a');
    server.receive('03c\n');
    server.wire();
    expect(server.pass(5000)).toBe('');
  });

  it('does not ack a refused line late on a later link', () => {
    const server = Bench.server({ maxUnreadLines: 2 });
    server.receive('01a\n02b\n03c\n04d\n05refused\n');
    expect(server.lines()).toEqual(['a', 'b', 'c', 'd']);
    expect(server.wire()).toBe('01\n02\n03\n04\n');
    server.reconnect();
    expect(server.pass(5000)).toBe('');
  });

  it('acks a refused line late when it is not repeated, so that an original server goes on', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n03not qos\n');
    server.wire();
    expect(server.pass(2750)).toBe('');
    expect(server.pass(250)).toBe('03\n');
    expect(server.lines()).toEqual(['a', 'b']);
  });

  it('does not ack a refused line late while it is being repeated', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n03qos\n');
    server.wire();
    for (let i = 0; i < 5; i++) {
      expect(server.pass(1000)).toBe('');
      server.receive('03qos\n');
    }
    expect(server.lines()).toEqual(['a', 'b']);
  });

  it('does not ack a refused line late while other messages come: its repeat may be queued after them', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n03perhaps qos\n');
    server.wire();
    for (let i = 0; i < 5; i++) {
      expect(server.pass(2000)).toBe('');
      server.receive('01a\n');
      expect(server.wire()).toBe('01\n');
    }
  });

  it('does not ack a refused line late while a long line is on its way', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n03perhaps qos\n04a long li');
    server.wire();
    for (let i = 0; i < 5; i++) {
      expect(server.pass(2000, { silent: true })).toBe('');
      server.receive('ne');
    }
  });

  it('does not ack a refused line late when its id may be another line by now', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n05refused\n');
    server.wire();
    for (let id = 6; id <= 0x90; id++) server.receive(`${hex(id)}refused\n`);
    expect(server.pass(3000)).not.toContain('05\n');
  });

  it('does not ack a refused line late because time has passed: the sender may have been busy', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n03qos\n');
    server.wire();
    server.pass(2500);
    expect(server.pass(900, { silent: true })).toBe('');
    server.receive('03qos\n');
    expect(server.pass(2750)).toBe('');
  });

  it('does not ack a refused line late for a keepalive that a busy process read late', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02b\n03qos\n');
    server.wire();
    server.now += 4000;
    server.receive('\n');
    expect(server.wire()).toBe('');
    expect(server.pass(2750)).toBe('');
    expect(server.pass(250)).toBe('03\n');
  });
});

describe('a line that is read on a later link than it came on', () => {
  it('acks a held line late on a later link when it is not repeated, so that an original server goes on', () => {
    const server = Bench.server({ maxUnreadLines: 2 });
    server.receive('01a\n02b\n03not qos\n04qos\n');
    expect(server.wire()).toBe('01\n02\n');
    server.reconnect();
    server.receive('04qos\n');
    expect(server.lines()).toEqual(['a', 'b', 'not qos', 'qos']);
    expect(server.wire()).toBe('04\n');
    expect(server.pass(2750)).toBe('');
    expect(server.pass(250)).toBe('03\n');
    server.reconnect();
    expect(server.pass(5000)).toBe('');
  });

  it('acks it late too when it was read between the links', () => {
    const server = Bench.server({ maxUnreadLines: 1 });
    server.receive('01a\n02not qos\n');
    server.wire();
    server.session.linkClosed(server.now, 'reset');
    expect(server.lines()).toEqual(['a', 'not qos']);
    server.open();
    expect(server.pass(5000)).toBe('02\n');
  });

  it('does not ack it late before it has been read', () => {
    const server = Bench.server({ ackWhen: 'read' });
    server.receive('01not qos\n');
    server.reconnect();
    expect(server.pass(5000)).toBe('');
    server.lines();
    expect(server.pass(500)).toBe('01\n');
  });

  it('does not ack it late when the sender has restarted and used the id for another line', () => {
    const server = Bench.server({ ackWhen: 'read' });
    server.receive('00a\n01not qos\n');
    server.reconnect();
    server.lines();
    server.receive('00new run\n');
    server.lines();
    expect(server.wire()).toBe('00\n');
    server.receive('01a new line\n');
    expect(server.pass(5000)).toBe('');
  });

  it('does not ack it late when another id has shown that the sender restarted', () => {
    const server = Bench.server({ ackWhen: 'read' });
    server.receive('01a\n02not qos\n');
    server.reconnect();
    server.lines();
    server.receive('01of another run\n');
    expect(server.pass(5000)).toBe('');
  });

  it('does not ack it late when the sender may have restarted: every run begins with the same line', () => {
    const server = Bench.server({ ackWhen: 'read' });
    server.receive('00boot\n01not qos\n');
    server.reconnect();
    server.lines();
    server.receive('00boot\n');
    expect(server.wire()).toBe('00\n');
    expect(server.pass(5000)).toBe('');
  });

  it('does not ack it late when the sender has restarted after its ids had come round', () => {
    const server = Bench.server({ ackWhen: 'read' });
    for (let n = 0; n < 256; n++) {
      server.receive(`${hex(idOf(n))}line ${n}\n`);
      server.lines();
    }
    server.receive('01not qos\n');
    server.reconnect();
    server.lines();
    server.wire();
    server.receive('00new run\n');
    server.lines();
    expect(server.wire()).toBe('00\n');
    expect(server.pass(5000)).toBe('');
  });

  it('never acks id 0 late: a sender that has restarted may have given it to another line', () => {
    const server = Bench.server({ ackWhen: 'read' });
    server.receive('00a\n01not qos\n');
    server.reconnect();
    server.lines();
    expect(server.pass(5000)).toBe('01\n');
  });
});
