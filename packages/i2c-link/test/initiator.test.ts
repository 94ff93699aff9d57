import { describe, expect, it } from 'vitest';
import { initiator as role } from '../src/channel/initiator.js';
import { ChannelMachine } from '../src/channel/machine.js';
import { walk } from './walk.js';

function machine(resetPulseMs?: number): ChannelMachine {
  return new ChannelMachine(role({ resetPulseMs, exchangeIntervalMs: 100 }));
}

/** At rest after an exchange in which the responder said this size. */
function resting(size = '00 00'): ChannelMachine {
  const initiator = machine();
  walk(
    initiator,
    `start          | raise
     low            | lower, SYNCHRONISED
     wait           | after 1000 ms: raise, send 00 00
     sent           |
     high           | lower
     low            |
     high           | raise, receive 2
     received ${size} |
     low            | lower`,
  );
  return initiator;
}

describe('an initiator', () => {
  it('resets the responder, synchronises without a time limit, and gives it a second', () => {
    walk(
      machine(200),
      `start | raise, reset
       high  |
       wait  | after 200 ms: let go of reset, lower
       wait  | waits without limit
       low   | SYNCHRONISED
       wait  | after 1000 ms: raise, send 00 00`,
    );
  });

  it('does not leave the responder in reset when it is stopped in the pulse, or fails there', () => {
    walk(
      machine(200),
      `start | raise, reset
       stop  | let go of reset, abort, raise`,
    );
    walk(
      machine(200),
      `start       | raise, reset
       failed wire | abort, let go of reset, raise, FAILED bus LinkError`,
    );
  });

  it('exchanges empty sizes, each exchange 100 ms after the one before', () => {
    walk(
      resting(),
      `wait           | after 100 ms: raise, send 00 00
       sent           |
       high           | lower
       low            |
       high           | raise, receive 2
       received 00 00 |
       low            | lower
       wait           | after 100 ms: raise, send 00 00`,
    );
  });

  it('sends a payload after its size, and reports it taken when ack rises for it', () => {
    walk(
      resting(),
      `write "hello"  |
       wait           | after 100 ms: raise, send 05 00
       sent           |
       high           | lower
       low            | raise, send "hello"
       sent           |
       high           | lower, TAKEN 5
       low            |
       high           | raise, receive 2
       received 00 00 |
       low            | lower
       wait           | after 100 ms: raise, send 00 00`,
    );
  });

  it('receives a payload after its size, and reports it when ack falls for it', () => {
    walk(
      resting(),
      `wait             | after 100 ms: raise, send 00 00
       sent             |
       high             | lower
       low              |
       high             | raise, receive 2
       received 05 00   |
       low              | lower
       high             | raise, receive 5
       received "hello" |
       low              | lower, DATA "hello"
       wait             | after 100 ms: raise, send 00 00`,
    );
  });

  it('takes the edges after a transfer that come before it hears of its end', () => {
    walk(
      resting(),
      `wait           | after 100 ms: raise, send 00 00
       high           |
       sent           | lower
       low            |
       high           | raise, receive 2
       low            |
       received 00 00 | lower`,
    );
  });

  it('sends two writes in two exchanges', () => {
    walk(
      resting(),
      `write "one"    |
       write "two"    |
       wait           | after 100 ms: raise, send 03 00
       sent           |
       high           | lower
       low            | raise, send "one"
       sent           |
       high           | lower, TAKEN 3
       low            |
       high           | raise, receive 2
       received 00 00 |
       low            | lower
       wait           | after 100 ms: raise, send 03 00
       sent           |
       high           | lower
       low            | raise, send "two"`,
    );
  });

  it('says with its size that its application holds unread data', () => {
    const initiator = resting();
    walk(initiator, 'hold on |\n wait    | after 100 ms: raise, send 00 80');
    const sending = resting();
    walk(sending, 'write "hello" |\n hold on |\n wait    | after 100 ms: raise, send 05 80');
    const again = resting();
    walk(again, 'hold on |\n hold off |\n wait    | after 100 ms: raise, send 00 00');
  });

  it('sends size 0 while the responder holds off, and the payload in the next exchange', () => {
    walk(
      resting('00 80'),
      `write "hello"  |
       wait           | after 100 ms: raise, send 00 00
       sent           |
       high           | lower
       low            |
       high           | raise, receive 2
       received 00 00 |
       low            | lower
       wait           | after 100 ms: raise, send 05 00`,
    );
  });

  it('is ended by a payload that comes although it told the responder to hold off', () => {
    walk(
      resting(),
      `hold on        |
       wait           | after 100 ms: raise, send 00 80
       sent           |
       high           | lower
       low            |
       high           | raise, receive 2
       received 05 00 |
       low            | lower, abort, raise, FAILED protocol PeerError
       wait           | waits without limit`,
    );
  });

  it('takes a payload of 200 bytes and is ended by a longer one', () => {
    const upTo = (size: string, out: string) =>
      walk(
        resting(),
        `wait           | after 100 ms: raise, send 00 00
         sent           |
         high           | lower
         low            |
         high           | raise, receive 2
         received ${size} |
         low            | lower${out}`,
      );
    upTo('c8 00', '');
    upTo('c9 00', ', abort, raise, FAILED protocol PeerError');
    upTo('00 01', ', abort, raise, FAILED protocol PeerError');
  });

  it('gives a wire a second and a transfer five, and then fails with its wire high', () => {
    const exchange = [
      'wait           | after 100 ms: raise, send 00 00',
      'sent           |',
      'high           | lower',
      'low            |',
      'high           | raise, receive 2',
      'received 00 00 |',
    ];
    const limits = [5000, 1000, 1000, 1000, 5000, 1000];
    for (const [step, limit] of limits.entries()) {
      const soFar = exchange.slice(0, step + 1).join('\n');
      const failure = 'abort, raise, FAILED timeout LinkError';
      walk(resting(), `${soFar}\n wait | after ${limit} ms: ${failure}`);
    }
  });

  it('fails when a transfer fails', () => {
    walk(
      resting(),
      `wait       | after 100 ms: raise, send 00 00
       failed EIO | abort, raise, FAILED bus LinkError`,
    );
  });

  it('sees at once between two exchanges that the responder has left or restarted', () => {
    walk(resting(), 'high | abort, raise, FAILED left LinkError');
  });

  it('does not mind a responder that comes late to its second, and fails without one after it', () => {
    const late = 'start | raise\n low | lower, SYNCHRONISED\n high |\n';
    walk(machine(), `${late} low |\n wait | after 1000 ms: raise, send 00 00`);
    walk(machine(), `${late} wait | after 1000 ms: abort, raise, FAILED left LinkError`);
  });

  it('does nothing more once it has stopped or failed', () => {
    const initiator = resting();
    walk(
      initiator,
      `write "hello" |
       stop          | abort, raise
       stop          |
       wait          | waits without limit
       high          |
       low           |
       sent          |
       failed EIO    |
       write "hello" |`,
    );
    expect([initiator.over, initiator.queued]).toEqual([true, 0]);
  });

  it('drops what was queued when it fails', () => {
    const initiator = resting();
    walk(initiator, 'write "hello" |\n high | abort, raise, FAILED left LinkError');
    expect(initiator.queued).toBe(0);
  });
});
