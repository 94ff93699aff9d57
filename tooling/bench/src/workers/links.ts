/** Clients of this project that connect, reconnect and stay idle, in a separate process. */
import { connect, type Client } from '@iot/client';
import { startFaultProxy } from '@iot/fault-proxy';
import type { Endpoint } from '../contestants/contestant.js';
import type { ContestantName } from '../contestants/contestants.js';
import { tlsOf } from '../contestants/tls.js';
import { answerCalls } from './remote.js';

export interface LinksRole {
  readonly contestant: ContestantName;
  readonly endpoint: Endpoint;
}

const AT_A_TIME = 20;

const handlers = async ({ contestant, endpoint }: LinksRole) => {
  // No pause before an attempt, because the pause would be measured.
  Math.random = () => 0;
  const proxy = await startFaultProxy({ to: endpoint });
  const tls = tlsOf(contestant)?.dial;
  const open = async (id: string, { host, port }: Endpoint = proxy): Promise<Client> => {
    // On a busy machine an answer may be late. The client then tries again, and the time includes that.
    const client = connect({ id, host, port, tls, badServer: () => undefined });
    await client.ready();
    return client;
  };
  const staying: Client[] = [];
  let opened = 0;

  return {
    /** Connects this many clients, one after the other. Returns the mean time until a client is up, in ms. */
    async first(count: number): Promise<number> {
      let ms = 0;
      for (let i = 0; i < count; i++) {
        const start = performance.now();
        const client = await open(`first-${opened++}`);
        ms += performance.now() - start;
        await client.close();
      }
      return ms / count;
    },

    /**
     * Cuts the link of one client this many times. Returns the mean time from a cut until the client is up
     * again, in ms.
     */
    async again(count: number): Promise<number> {
      const client = await open('again');
      let ms = 0;
      for (let i = 0; i < count; i++) {
        const down = client.once('state');
        const start = performance.now();
        proxy.cut('fin');
        await down;
        await client.ready();
        ms += performance.now() - start;
      }
      await client.close();
      return ms / count;
    },

    /** Connects this many clients, which then are idle. */
    async stay(count: number): Promise<void> {
      const lane = async (): Promise<void> => {
        while (opened < count) staying.push(await open(`idle-${opened++}`, endpoint));
      };
      opened = 0;
      await Promise.all(Array.from({ length: AT_A_TIME }, lane));
    },

    /** CPU time since the start, in µs. */
    cpuUs(): number {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
  };
};

export type LinksCalls = Awaited<ReturnType<typeof handlers>>;

await answerCalls(handlers);
