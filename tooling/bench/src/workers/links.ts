/** Clients of this project that come, come again and stay, in a process of their own. */
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
  // No pause before an attempt: it would be measured too.
  Math.random = () => 0;
  const proxy = await startFaultProxy({ to: endpoint });
  const tls = tlsOf(contestant)?.dial;
  const open = async (id: string, { host, port }: Endpoint = proxy): Promise<Client> => {
    // On a machine that is busy with something else an answer may be late: the attempt after it counts too.
    const client = connect({ id, host, port, tls, badServer: () => undefined });
    await client.ready();
    return client;
  };
  const staying: Client[] = [];
  let opened = 0;

  return {
    /** This many clients, one after the other; the ms that each needed until it was up. */
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

    /** One client whose link is cut this many times; the ms from a cut until it was up again. */
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

    /** This many clients come, and do nothing. */
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
