import { describe, expect, it } from 'vitest';
import { ChannelMachine } from '../src/channel/machine.js';
import { responder as role } from '../src/channel/responder.js';
import { walk } from './walk.js';

/** At rest, synchronised. */
function resting(): ChannelMachine {
  const responder = new ChannelMachine(role());
  walk(responder, 'start |\n low | lower, SYNCHRONISED');
  return responder;
}

/** After the initiator's size, about to ask for the other half. */
function turned(size = '00 00'): ChannelMachine {
  const responder = resting();
  walk(
    responder,
    `high           |
     wait           | after 0.02 ms: receive 2
     received ${size} | raise
     low            | lower`,
  );
  return responder;
}

describe('a responder', () => {
  it('leaves its wire as it is until the initiator lowers its own, for which it waits without limit', () => {
    walk(
      new ChannelMachine(role()),
      `start |
       high  |
       wait  | waits without limit
       low   | lower, SYNCHRONISED
       wait  | waits without limit`,
    );
  });

  it('reads a size 20 µs after the rising edge, and asks for the other half', () => {
    walk(
      resting(),
      `high           |
       wait           | after 0.02 ms: receive 2
       wait           | waits without limit
       received 00 00 | raise
       low            | lower
       wait           | after 0.1 ms: raise
       high           |
       wait           | after 0.02 ms: send 00 00
       wait           | waits without limit
       sent           | lower
       low            |
       wait           | waits without limit
       high           |
       wait           | after 0.02 ms: receive 2`,
    );
  });

  it('receives a payload after its size, and reports it when syn falls for it', () => {
    walk(
      turned('05 00'),
      `high             |
       wait             | after 0.02 ms: receive 5
       received "hello" | raise
       low              | lower, DATA "hello"
       wait             | after 0.1 ms: raise
       high             |
       wait             | after 0.02 ms: send 00 00`,
    );
  });

  it('sends a payload after its size, and reports it taken when the bus has carried it', () => {
    walk(
      turned(),
      `wait          | after 0.1 ms: raise
       write "hello" |
       high          |
       wait          | after 0.02 ms: send 05 00
       sent          | lower
       low           | raise
       high          |
       wait          | after 0.02 ms: send "hello"
       sent          | lower, TAKEN 5
       low           |
       high          |
       wait          | after 0.02 ms: receive 2`,
    );
  });

  it('takes the edge after its transfer that comes before it hears of its end', () => {
    walk(
      turned(),
      `wait | after 0.1 ms: raise
       high |
       wait | after 0.02 ms: send 00 00
       low  |
       sent | lower`,
    );
  });

  it('says with its size that its application holds unread data, be it of this very exchange', () => {
    walk(
      turned('05 00'),
      `high             |
       wait             | after 0.02 ms: receive 5
       received "hello" | raise
       low              | lower, DATA "hello"
       hold on          |
       wait             | after 0.1 ms: raise
       high             |
       wait             | after 0.02 ms: send 00 80`,
    );
  });

  it('sends size 0 in an exchange in which the initiator holds off, and the payload in the next', () => {
    walk(
      turned('00 80'),
      `write "hello"  |
       wait           | after 0.1 ms: raise
       high           |
       wait           | after 0.02 ms: send 00 00
       sent           | lower
       low            |
       high           |
       wait           | after 0.02 ms: receive 2
       received 00 00 | raise
       low            | lower
       wait           | after 0.1 ms: raise
       high           |
       wait           | after 0.02 ms: send 05 00`,
    );
  });

  it('is ended by a payload that comes although it told the initiator to hold off', () => {
    walk(
      turned(),
      `hold on        |
       wait           | after 0.1 ms: raise
       high           |
       wait           | after 0.02 ms: send 00 80
       sent           | lower
       low            |
       high           |
       wait           | after 0.02 ms: receive 2
       received 01 00 | abort, FAILED protocol PeerError
       wait           | waits without limit`,
    );
  });

  it('takes a payload of 200 bytes and is ended by a longer one, which it does not acknowledge', () => {
    const upTo = (size: string, out: string) =>
      walk(
        resting(),
        `high           |
         wait           | after 0.02 ms: receive 2
         received ${size} | ${out}`,
      );
    upTo('c8 00', 'raise');
    upTo('c8 80', 'raise');
    upTo('c9 00', 'abort, FAILED protocol PeerError');
    upTo('c9 80', 'abort, FAILED protocol PeerError');
  });

  it('takes it for a leave when there is no answer at the beginning of an exchange', () => {
    walk(
      resting(),
      `high         |
       wait         | after 0.02 ms: receive 2
       failed ENXIO | abort, FAILED left LinkError`,
    );
  });

  it('fails when any other transfer fails, and its wire shows the initiator nothing', () => {
    walk(
      turned('05 00'),
      `high         |
       wait         | after 0.02 ms: receive 5
       failed ENXIO | abort, FAILED bus LinkError`,
    );
    walk(
      turned(),
      `wait         | after 0.1 ms: raise
       high         |
       wait         | after 0.02 ms: send 00 00
       failed ENXIO | abort, FAILED bus LinkError`,
    );
  });

  it('gives the initiator up when it takes no step in an exchange for 10 s, and leaves its wire as it is', () => {
    const steps = [
      'received 00 00 | raise',
      'low            | lower',
      'wait           | after 0.1 ms: raise',
      'high           |',
      'wait           | after 0.02 ms: send 00 00',
      'sent           | lower',
    ];
    for (const done of [1, 3, 6]) {
      const responder = resting();
      walk(responder, 'high |\n wait | after 0.02 ms: receive 2');
      walk(responder, steps.slice(0, done).join('\n'));
      walk(responder, 'wait | after 10000 ms: abort, FAILED timeout LinkError');
    }
    walk(turned('05 00'), 'wait | after 10000 ms: abort, FAILED timeout LinkError');
  });

  it('has not received what it has read when syn is low by then: the initiator has given up', () => {
    walk(
      turned('05 00'),
      `high             |
       wait             | after 0.02 ms: receive 5
       high             |
       low              |
       received "hello" | abort, FAILED timeout LinkError`,
    );
  });

  it('raises its wire when it is reset', () => {
    const responder = turned();
    responder.wasReset();
    expect(responder.takeActions()).toEqual([{ type: 'abort' }, { type: 'own', level: 1 }]);
  });

  it('does nothing more once it has stopped or failed', () => {
    const responder = turned();
    walk(
      responder,
      `write "hello" |
       stop          | abort, raise
       stop          |
       wait          | waits without limit
       high          |
       failed EIO    |
       write "hello" |`,
    );
    expect([responder.over, responder.queued]).toEqual([true, 0]);
  });

  it('is at rest between two exchanges only', () => {
    const responder = resting();
    expect(responder.atRest).toBe(true);
    walk(responder, 'high |');
    expect(responder.atRest).toBe(false);
  });
});
