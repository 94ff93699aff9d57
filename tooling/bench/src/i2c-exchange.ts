/**
 * Measures the CPU cost of one exchange in the code of the I2C channel: both units, with state machines and
 * transports, and a payload in each direction, on an instantaneous bus in memory. The floor is the same
 * exchange written by hand, in alternating rounds.
 */
import type { Clock } from '@iot/connection';
import { openChannel } from '@iot/i2c-link/board';
import { MemoryBus } from '@iot/i2c-link/testing';
import { VirtualClock } from '@iot/simulation';
import { bareExchange } from './i2c-bare.js';

const ROUNDS = 21;
const EXCHANGES = 500;
const PAYLOAD = new Uint8Array(100).fill(97);

const events = new VirtualClock();
const clock: Clock = {
  now: () => events.now,
  at: (time, callback) => events.at(time, callback),
  nextTurn: (callback) => events.nextTurn(callback),
};

const bare = new MemoryBus({ clock, khz: Infinity });
bare.initiator.syn.write(0);
bare.responder.ack.write(0);
const exchange = await openPair();

const floor: number[] = [];
const ours: number[] = [];
for (let round = -1; round < ROUNDS; round++) {
  const figures = [await time(() => bareExchange(bare, clock, PAYLOAD)), await time(exchange)] as const;
  // The first round warms up.
  if (round < 0) continue;
  floor.push(figures[0]);
  ours.push(figures[1]);
}
const extra = ours.map((figure, round) => figure - floor[round]!);
print(`written out   median ${median(floor).toFixed(1)} µs an exchange`);
print(`ours          median ${median(ours).toFixed(1)} µs`);
print(
  `difference    median ${median(extra).toFixed(1)} µs (of ${ROUNDS} rounds of ${EXCHANGES} exchanges each)`,
);
process.exit();

/** Opens both ends of a channel. The returned function makes one exchange. */
async function openPair(): Promise<() => Promise<void>> {
  const bus = new MemoryBus({ clock, khz: Infinity });
  const { slave, syn, ack } = bus.initiator;
  const { master, ...far } = bus.responder;
  const [initiator, responder] = await settled(
    Promise.all([
      openChannel({ role: 'initiator', clock, slave, syn, ack }),
      openChannel({ role: 'responder', clock, master, syn: far.syn, ack: far.ack }),
    ]),
  );
  let done: () => void = () => undefined;
  let left = 0;
  const handlers = {
    data: () => undefined,
    drain: () => undefined,
    ended: () => undefined,
    taken: () => {
      left -= 1;
      if (left === 0) done();
    },
  };
  initiator.start(handlers);
  responder.start(handlers);
  return () => {
    left = 2;
    initiator.write(PAYLOAD);
    responder.write(PAYLOAD);
    return new Promise((resolve) => (done = resolve));
  };
}

/** Mean time of one exchange, in µs. */
async function time(exchange: () => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < EXCHANGES; i++) await settled(exchange());
  return ((performance.now() - start) * 1000) / EXCHANGES;
}

/** Advances virtual time until the promise has settled. Pending promises run between two events. */
async function settled<Result>(promise: Promise<Result>): Promise<Result> {
  const state = { over: false };
  const note = (): void => {
    state.over = true;
  };
  promise.then(note, note);
  while (true) {
    await new Promise((resolve) => setImmediate(resolve));
    if (state.over) return promise;
    let left = 1;
    if (!events.runWhile(() => left-- > 0, Infinity)) throw new Error('nothing happens any more');
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
