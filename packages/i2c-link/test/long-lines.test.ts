import { OriginalInitiator } from '@iot/reference-models';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openBridge, type Bridge } from '../src/bridge/index.js';
import { MemoryBus } from '../src/testing/index.js';
import { PlayedServer } from './played.js';
import { Run } from './simulation/run.js';
import { drive } from './simulation/original-drive.js';
import { VirtualTime } from './virtual-time.js';

let time: VirtualTime;
let server: PlayedServer;
let bridge: Bridge;
/** What the application of an original board gets. */
let got: string[];
let synchronised: number;

beforeEach(() => {
  time = new VirtualTime();
  const bus = new MemoryBus({ clock: time, khz: 100 });
  server = new PlayedServer(time);
  bridge = openBridge({
    ...bus.responder,
    reset: { pin: bus.responder.reset },
    clock: time,
    connect: server.connect,
  });
  synchronised = 0;
  bridge.on('synchronised', () => void (synchronised += 1));
  got = [];
  startOriginalBoard(bus);
});
afterEach(async () => {
  await time.settled(Promise.all([bridge.close(), server.close()]));
});

function startOriginalBoard(bus: MemoryBus): void {
  const { slave, syn, ack, reset } = bus.initiator;
  const model = new OriginalInitiator({
    config: '["1", 8123, "10.0.0.1", 1500, 0, "", "", "cfg"]\n',
    now: () => time.now(),
    onLine: (line) => void got.push(line),
    onServer: () => undefined,
    onDropped: () => undefined,
    onUnread: () => undefined,
    busy: () => false,
  });
  const ports = {
    own: syn,
    remote: ack,
    reset,
    send: (bytes: Uint8Array, signal: AbortSignal) => slave.send(bytes, signal),
    receive: (length: number, signal: AbortSignal) => slave.receive(length, signal),
  };
  drive(model.run(), ports, new Run('board', time.events), (error) => {
    throw error as Error;
  });
}

/** Keepalives have begun, and some time has passed since the last one. */
const atRest = () => time.advance(9000);

it.each([199, 3800, 5000, 6000])(
  'a line of %d bytes to an original board at rest gets there without a reset',
  async (length) => {
    const line = 'x'.repeat(length);
    await atRest();
    void server.session('1').write(line);
    void server.session('1').write('next');
    await time.until(() => got.at(-1) === 'next');
    expect(got).toEqual([line, 'next']);
    expect(synchronised).toBe(1);
  },
);

it.each([7000, 20_000, 60_000])(
  'a line of %d bytes costs the original board a reset, and then gets there whole',
  async (length) => {
    const line = 'x'.repeat(length);
    await atRest();
    void server.session('1').write(line);
    void server.session('1').write('next');
    await time.until(() => got.at(-1) === 'next');
    // Once it is given the beginning of the line, with what came after the reset.
    expect(got).toEqual([expect.stringMatching(/^x+u$/), line, 'next']);
    expect(synchronised).toBe(2);
  },
);
