/** A client that connects through a fault proxy, in a separate process. */
import { startFaultProxy } from '@iot/fault-proxy';
import type { Endpoint } from '../contestants/contestant.js';
import { CONTESTANTS, type ContestantName } from '../contestants/contestants.js';
import { answerCalls } from './remote.js';

export interface OutageRole {
  readonly contestant: ContestantName;
  readonly endpoint: Endpoint;
}

const BYTES = 40;

const handlers = async ({ contestant, endpoint }: OutageRole) => {
  const proxy = await startFaultProxy({ to: endpoint });
  const adapter = await CONTESTANTS[contestant].load();
  const driver = await adapter.connect({ host: proxy.host, port: proxy.port }, 'delivered', 0);
  return {
    /** Writes one line; resolves once it is acked. */
    async deliver(): Promise<void> {
      await driver.run({ inFlight: 1, line: 'x'.repeat(BYTES), durationMs: 0 }, () => undefined);
    },
    /** Ends the links with FIN. */
    cut(): void {
      proxy.cut('fin');
    },
    /** From now on no byte passes in either direction. */
    stall(): void {
      proxy.stall('both');
    },
    resume(): void {
      proxy.resume('both');
    },
  };
};

export type OutageCalls = Awaited<ReturnType<typeof handlers>>;

await answerCalls(handlers);
