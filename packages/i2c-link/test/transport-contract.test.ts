import { describe, it } from 'vitest';
import { transportContract } from '@iot/connection/testing';
import { openChannel } from '../src/channel/open.js';
import type { ChannelTransport } from '../src/channel/transport.js';
import { MemoryBus } from '../src/testing/index.js';
import { VirtualTime } from './virtual-time.js';

type Order = (
  initiator: ChannelTransport,
  responder: ChannelTransport,
) => [ChannelTransport, ChannelTransport];

function keepsTheContract(order: Order): void {
  it.each(transportContract.map(({ name, run }) => [name, run] as const))('%s', async (_, run) => {
    const time = new VirtualTime();
    const bus = new MemoryBus({ clock: time, khz: 400 });
    const open = Promise.all([
      openChannel({
        role: 'initiator',
        slave: bus.initiator.slave,
        syn: bus.initiator.syn,
        ack: bus.initiator.ack,
        clock: time,
      }),
      openChannel({
        role: 'responder',
        master: bus.responder.master,
        syn: bus.responder.syn,
        ack: bus.responder.ack,
        clock: time,
      }),
    ]);
    const ends = order(...(await time.settled(open)));
    await time.settled(run(() => ends));
  });
}

describe("the initiator's end of a channel", () => {
  keepsTheContract((initiator, responder) => [initiator, responder]);
});

describe("the responder's end of a channel", () => {
  keepsTheContract((initiator, responder) => [responder, initiator]);
});
