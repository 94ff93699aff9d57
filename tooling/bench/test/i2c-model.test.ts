import { readFileSync } from 'node:fs';
import type { Clock } from '@iot/connection';
import { MAX_TRANSFER_BYTES, openChannel } from '@iot/i2c-link/board';
import { MemoryBus, type BusEvent } from '@iot/i2c-link/testing';
import { VirtualClock } from '@iot/simulation';
import { describe, expect, it } from 'vitest';
import {
  exchangeMs,
  lineLatency,
  linesPerSecond,
  MOST_BYTES,
  throughput,
  transferMs,
} from '../src/i2c-model/exchange.js';
import { latencyTable, throughputTable } from '../src/i2c-model/table.js';

const SLOW = { khz: 100, exchangeIntervalMs: 100 };

describe('the model', () => {
  it('counts start, address, bytes with their acknowledgements, and stop', () => {
    expect(transferMs(2, 100)).toBeCloseTo(0.29, 9);
    expect(transferMs(200, 400)).toBeCloseTo(1811 / 400, 9);
  });

  it('an exchange that carries nothing is two sizes, two waits and the turn between them', () => {
    expect(exchangeMs(0, 0, 100)).toBeCloseTo(2 * (0.29 + 0.02) + 0.1, 9);
    expect(exchangeMs(200, 1, 100)).toBeCloseTo(exchangeMs(0, 0, 100) + 0.04 + 18.11 + 0.2, 9);
  });

  it('throughput is what one exchange carries, by its time and the pause after it', () => {
    expect(throughput(SLOW, false)).toBeCloseTo(200_000 / (exchangeMs(200, 0, 100) + 100), 6);
    expect(throughput(SLOW, true)).toBeCloseTo(200_000 / (exchangeMs(200, 200, 100) + 100), 6);
  });

  it('a line of 198 bytes takes one exchange, one of 199 takes two', () => {
    expect(1000 / linesPerSecond(198, SLOW)).toBeCloseTo(exchangeMs(200, 0, 100) + 100, 6);
    expect(1000 / linesPerSecond(199, SLOW)).toBeCloseTo(
      exchangeMs(200, 0, 100) + exchangeMs(1, 0, 100) + 200,
      6,
    );
  });

  it('cuts lines where the channel does', () => {
    expect(MOST_BYTES).toBe(MAX_TRANSFER_BYTES);
  });

  it('a line waits for up to one empty exchange and one pause', () => {
    const { best, mean, worst } = lineLatency(20, 'to server', SLOW);
    expect(best).toBeCloseTo(0.31 + 0.02 + transferMs(22, 100), 9);
    expect(worst - best).toBeCloseTo(exchangeMs(0, 0, 100) + 100, 9);
    expect(mean).toBeCloseTo((best + worst) / 2, 9);
    expect(lineLatency(20, 'to board', SLOW).best - best).toBeCloseTo(0.41, 9);
  });
});

describe.each([100, 400])('at %i kHz the machines take as long as the model says', (khz) => {
  it.each([
    [0, 0],
    [1, 0],
    [0, 1],
    [200, 0],
    [0, 200],
    [200, 200],
    [17, 111],
  ])('with %i bytes to the server and %i to the board', async (toServer, toBoard) => {
    const { durationMs, transfers } = await exchange(khz, toServer, toBoard);
    // The bus in memory has no start and stop bits.
    expect(transfers).toBe(2 + Number(toServer > 0) + Number(toBoard > 0));
    expect(durationMs).toBeCloseTo(exchangeMs(toServer, toBoard, khz) - (transfers * 2) / khz, 6);
  });
});

/** A virtual clock between whose events promises settle. */
class VirtualTime implements Clock {
  readonly #events = new VirtualClock();

  now(): number {
    return this.#events.now;
  }

  at(time: number, callback: () => void): () => void {
    return this.#events.at(time, callback);
  }

  nextTurn(callback: () => void): () => void {
    return this.#events.nextTurn(callback);
  }

  async until(condition: () => boolean): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      let left = 1;
      if (condition()) return;
      if (!this.#events.runWhile(() => left-- > 0, Infinity)) throw new Error('nothing happens any more');
    }
  }

  async advance(ms: number): Promise<void> {
    let over = false;
    this.at(this.now() + ms, () => (over = true));
    await this.until(() => over);
  }

  async settled<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const note = () => (settled = true);
    promise.then(note, note);
    await this.until(() => settled);
    return promise;
  }
}

/** One exchange of two machines in virtual time, from its first edge to its last. */
async function exchange(khz: number, toServer: number, toBoard: number) {
  const clock = new VirtualTime();
  const bus = new MemoryBus({ clock, khz });
  const { slave, syn, ack } = bus.initiator;
  const [board, responder] = await clock.settled(
    Promise.all([
      openChannel({ role: 'initiator', clock, slave, syn, ack }),
      openChannel({ role: 'responder', clock, ...bus.responder, reset: undefined }),
    ]),
  );
  const handlers = { data: () => undefined, drain: () => undefined, ended: () => undefined };
  board.start(handlers);
  responder.start(handlers);
  if (toServer > 0) board.write(new Uint8Array(toServer).fill(97));
  if (toBoard > 0) responder.write(new Uint8Array(toBoard).fill(97));
  const events: BusEvent[] = [];
  bus.observe((event) => events.push(event));
  await clock.until(() => events.length > 0);
  // The next one begins 100 ms after the end of this one.
  await clock.advance(exchangeMs(200, 200, khz) + 1);
  return {
    durationMs: events.at(-1)!.at - events[0]!.at,
    transfers: events.filter(({ type }) => type === 'transfer').length,
  };
}

describe('the README', () => {
  const readme = readFileSync(new URL('../../../packages/i2c-link/README.md', import.meta.url), 'utf8');

  it('has the tables of the model', () => {
    expect(readme).toContain(throughputTable());
    expect(readme).toContain(latencyTable());
  });
});
