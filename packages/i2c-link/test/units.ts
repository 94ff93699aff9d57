import type { ChannelTransport } from '../src/channel/transport.js';
import type { Unit } from '../src/testing/index.js';
import { utf8 } from './text.js';
import { World } from './world.js';

/** What happened to the lines of one sender. */
export interface Ledger {
  readonly written: string[];
  readonly taken: string[];
  readonly received: string[];
}

/**
 * Two boards that write numbered lines to each other without end, the next when the last is taken, and open a new channel
 * whenever one has ended. A line that the initiator has written and that was not taken it writes again; the responder
 * drops its own, since the initiator may have it (docs/I2C.md, What a reboot of the responder costs).
 */
export class Units {
  readonly world = new World();
  readonly ledgers: Readonly<Record<Unit, Ledger>> = { initiator: ledger(), responder: ledger() };
  readonly #runs: Record<Unit, number> = { initiator: 0, responder: 0 };
  readonly #resetEndsItsRun: boolean;

  /** @param resetEndsItsRun the reset line restarts the responder's board, and not just its channel */
  constructor(resetEndsItsRun: boolean) {
    this.#resetEndsItsRun = resetEndsItsRun;
    if (resetEndsItsRun) this.#wireReset();
    this.boot('initiator');
    this.boot('responder');
  }

  /** A new run begins, which knows nothing of the last one; not while the unit is held in reset. */
  boot(unit: Unit): void {
    const { bus } = this.world;
    bus.crash(unit);
    if (unit === 'responder' && this.#resetEndsItsRun && bus.level('reset') === 0) return;
    this.#runs[unit] += 1;
    void this.#live(unit, `${unit} ${this.#runs[unit]}`);
  }

  crash(unit: Unit): void {
    this.world.bus.crash(unit);
  }

  #wireReset(): void {
    this.world.bus.observe((event) => {
      if (event.type !== 'edge' || event.wire !== 'reset') return;
      if (event.level === 0) this.crash('responder');
      else this.boot('responder');
    });
  }

  async #live(unit: Unit, name: string): Promise<void> {
    const { written, taken } = this.ledgers[unit];
    const line = (n: number) => `${name}, line ${n}\n`;
    for (let n = 0; ;) {
      const channel = await this.#open(unit);
      await new Promise<void>((resolve) => {
        const write = () => {
          written.push(line(n));
          channel.write(utf8(line(n)));
        };
        channel.start({
          data: (bytes) => this.#receive(unit, bytes),
          drain: () => undefined,
          taken: () => {
            taken.push(line(n));
            n += 1;
            write();
          },
          ended: () => resolve(),
        });
        write();
      });
      if (unit === 'responder') n += 1;
    }
  }

  #open(unit: Unit): Promise<ChannelTransport> {
    if (unit === 'initiator') return this.world.initiator({ reset: true });
    return this.world.responder({ reset: !this.#resetEndsItsRun });
  }

  #receive(unit: Unit, bytes: Uint8Array): void {
    const sender = unit === 'initiator' ? 'responder' : 'initiator';
    this.ledgers[sender].received.push(new TextDecoder().decode(bytes));
  }
}

function ledger(): Ledger {
  return { written: [], taken: [], received: [] };
}
