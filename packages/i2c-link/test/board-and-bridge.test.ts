import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBoard } from '../src/board/index.js';
import { openBridge } from '../src/bridge/index.js';
import { MemoryBus } from '../src/testing/index.js';
import { collect, PlayedServer } from './played.js';
import { VirtualTime } from './virtual-time.js';

/** A board, a bridge and a server, in one virtual time. */
class Whole {
  readonly time = new VirtualTime();
  readonly bus = new MemoryBus({ clock: this.time, khz: 400 });
  readonly server = new PlayedServer(this.time);
  readonly bridge = openBridge({
    ...this.bus.responder,
    reset: { pin: this.bus.responder.reset },
    clock: this.time,
    connect: this.server.connect,
  });
  readonly board = openBoard({
    id: 'board',
    host: 'server',
    ...this.bus.initiator,
    reset: { pin: this.bus.initiator.reset },
    clock: this.time,
  });
  readonly atServer = collect(this.server.session('board'));
  readonly atBoard = collect(this.board);

  async close(): Promise<void> {
    await this.time.settled(Promise.all([this.board.close(), this.bridge.close(), this.server.close()]));
    // What is still on its way to a closed end.
    await this.time.advance(5);
    expect(this.time.armed, 'timers left').toBe(0);
  }
}

const numbered = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${what} ${i}`);

describe('a board and a bridge', () => {
  it('carry lines both ways between a board and a server', async () => {
    const whole = new Whole();
    await whole.time.settled(whole.board.ready());
    const [up, down] = [numbered('up', 20), numbered('down', 20)];
    for (const line of up) void whole.board.write(line);
    for (const line of down) void whole.server.session('board').write(line);
    await whole.time.until(() => whole.atServer.length === 20 && whole.atBoard.length === 20);
    expect(whole.atServer).toEqual(up);
    expect(whole.atBoard).toEqual(down);
    expect(whole.server.dialled).toHaveLength(1);
    await whole.close();
  });

  it('go on without a reset, be the server there or not', async () => {
    const whole = new Whole();
    let resets = 0;
    whole.bridge.on('ended', () => (resets += 1));
    await whole.time.settled(whole.board.ready());
    await whole.time.advance(600_000);
    whole.server.cut();
    await whole.time.until(() => !whole.board.status);
    await whole.time.advance(600_000);
    whole.server.link();
    await whole.time.settled(whole.board.ready());
    expect([resets, whole.board.connects]).toEqual([0, 2]);
    await whole.close();
  });

  it('carry a line that takes longer than keepalives may stay out', async () => {
    const whole = new Whole();
    await whole.time.settled(whole.board.ready());
    await whole.time.advance(10_000);
    const long = 'é'.repeat(16_000);
    void whole.server.session('board').write(long);
    await whole.time.until(() => whole.atBoard.length === 1);
    expect(whole.atBoard).toEqual([long]);
    expect(whole.board.connects).toBe(1);
    await whole.close();
  });

  it(
    'carry every line once and in order, whatever resets the channel and whenever the server is away',
    { timeout: 60_000 },
    async () => {
      const trouble = fc.constantFrom('fault', 'truncated', 'reboot', 'cut', 'link');
      const anyTroubles = fc.array(fc.record({ trouble, afterMs: fc.integer({ min: 1, max: 4000 }) }), {
        maxLength: 12,
      });
      await fc.assert(
        fc.asyncProperty(anyTroubles, async (troubles) => {
          const whole = new Whole();
          const [up, down] = [numbered('up', 15), numbered('down', 15)];
          up[7] = 'x'.repeat(450);
          down[7] = 'y'.repeat(450);
          for (const line of up) void whole.board.write(line);
          for (const line of down) void whole.server.session('board').write(line);
          for (const { trouble, afterMs } of troubles) {
            await whole.time.advance(afterMs);
            if (trouble === 'fault') whole.bus.failNextTransfer();
            else if (trouble === 'truncated') whole.bus.truncateNextTransfer(1);
            else if (trouble === 'reboot') whole.board.reboot();
            else if (whole.server.clients.length === 0) continue;
            else if (trouble === 'cut') whole.server.cut();
            else whole.server.link();
          }
          await whole.time.until(() => whole.server.clients.length > 0);
          whole.server.cut();
          whole.server.link();
          await whole.time.advance(60_000);
          expect(whole.atServer).toEqual(up);
          expect(whole.atBoard).toEqual(down);
          await whole.close();
        }),
        { numRuns: 20 },
      );
    },
  );
});
