import * as node from '@iot/connection/node';
import { listen } from '@iot/server';
import { snippets } from '@iot/vitest-config/readme';
import { expect, it, onTestFinished } from 'vitest';
import * as linux from '../src/linux/index.js';
import * as boardEnd from '../src/board/index.js';
import * as bridgeEnd from '../src/bridge/index.js';
import * as testing from '../src/testing/index.js';

const README = snippets(new URL('../README.md', import.meta.url));

function snippet(heading: string) {
  const found = README.filter((it) => it.heading === heading);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** A server, the wires between a board and a bridge, and what the snippet prints. */
async function world() {
  const server = await listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close());
  const bus = new testing.MemoryBus({ clock: linux.fineClock, khz: 400 });
  const there = { host: '127.0.0.1', port: server.address.port, exchangeIntervalMs: 5 };
  const openBoard = (options: boardEnd.BoardOptions) => boardEnd.openBoard({ ...options, ...there });
  const printed: string[] = [];
  const console = { log: (line: string) => printed.push(line) };
  return { server, bus, openBoard, printed, console };
}

it('has no snippet that does not run here', () => {
  expect(README).toHaveLength(3);
});

it('the snippet of the bridge runs', async () => {
  const { server, bus, openBoard, printed, console } = await world();
  const { slave, syn, ack, reset } = bus.initiator;
  const asked: number[] = [];
  const stopped = server.client('garden').then((board) => board.readline());
  const openResponderHardware = (options: linux.ResponderHardwareOptions) => {
    asked.push(options.bus, ...[options.syn, options.ack, options.reset!].map(({ line }) => Number(line)));
    const close = () => Promise.resolve();
    const ports = { ...bus.responder, reset: { pin: bus.responder.reset } };
    return { ports, close, [Symbol.asyncDispose]: close };
  };
  const running = snippet('The bridge in a program').run({
    modules: {
      '@iot/i2c-link/bridge': bridgeEnd,
      '@iot/i2c-link/linux': { ...linux, openResponderHardware },
    },
    globals: { console, stopped },
  });
  const board = openBoard({ id: 'garden', host: '', slave, syn, ack, reset: { pin: reset } });
  onTestFinished(() => board.close());
  await board.write('hello');
  await running;
  expect(await stopped).toBe('hello');
  expect(asked).toEqual([1, 17, 27, 22]);
  expect(printed).toEqual(['garden is a client of 127.0.0.1', 'up', 'down']);
});

it('the snippet of the board runs', async () => {
  const { server, bus, openBoard, printed, console } = await world();
  const { slave, syn, ack, reset } = bus.initiator;
  const bridge = bridgeEnd.openBridge({ ...bus.responder, reset: { pin: bus.responder.reset } });
  onTestFinished(() => bridge.close());
  const heard = server.client('garden').then(async (board) => {
    const line = await board.readline();
    await board.write('thanks');
    await board.write('bye');
    return line;
  });
  await snippet('A board').run({
    modules: { '@iot/i2c-link/board': { ...boardEnd, openBoard } },
    globals: { console, slave, syn, ack, reset },
  });
  expect(await heard).toBe('{"moisture":0.4}');
  expect(printed).toEqual(['up', 'thanks', 'bye', 'down']);
});

it('the snippet without hardware runs', async () => {
  const { server, openBoard } = await world();
  await snippet('Without hardware').run({
    modules: {
      '@iot/connection/node': node,
      '@iot/i2c-link/board': { ...boardEnd, openBoard },
      '@iot/i2c-link/bridge': bridgeEnd,
      '@iot/i2c-link/testing': testing,
    },
  });
  expect(server.has('1')).toBe(true);
});
