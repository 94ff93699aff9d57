/** Rows of one client in an outage: the time from the end of the outage to the ack of a line. */
import { CONTESTANTS } from '../contestants/contestants.js';
import type { Scale } from '../scale.js';
import type { OutageCalls } from '../workers/outage.js';
import { Processes } from './processes.js';
import type { Row } from './row.js';

/** Twice the `timeout` of this project's ends, so that they have ended the link. */
const STALL_MS = 3000;
const DOWN_MS = 1000;
/** Time between the start of a link and the outage. */
const SETTLED_MS = 200;
/** Added to the time limit of waits, because other software may recover slowly with its defaults. */
const EXTRA_MS = 60_000;

const OUTAGES = {
  fin: { title: 'after a FIN', seconds: 2 },
  stall: { title: `after ${STALL_MS / 1000} s in which no byte passed`, seconds: 8 },
  restart: { title: `after ${DOWN_MS / 1000} s without a server, on a new one`, seconds: 6 },
};

export function recoveryRows({ contestants, everything, slowRounds }: Scale): Row[] {
  if (!everything) return [];
  const recovering = contestants.filter((name) => CONTESTANTS[name].modes.includes('delivered'));
  return (Object.keys(OUTAGES) as (keyof typeof OUTAGES)[]).map((outage) => ({
    name: `recovery-${outage}`,
    title: `time until a line is acked, ${OUTAGES[outage].title}`,
    contestants: recovering,
    metrics: [{ key: 'back', title: 'acked after', unit: 'ms' }],
    rounds: slowRounds,
    seconds: OUTAGES[outage].seconds,

    async measure(contestant, bench) {
      await using processes = await Processes.create(bench);
      const server = await processes.serve({ lines: contestant });
      const client = processes.start<OutageCalls>('outage', { contestant, endpoint: processes.endpoint });
      const deliver = () => client.call('deliver', undefined, EXTRA_MS);
      await deliver();
      await processes.pause(SETTLED_MS);

      let acked: Promise<void> | undefined;
      if (outage === 'stall') {
        await client.call('stall', undefined);
        acked = deliver();
        await processes.pause(STALL_MS);
      } else if (outage === 'restart') {
        await server.end();
        acked = deliver();
        await processes.pause(DOWN_MS);
        await processes.serve({ lines: contestant });
      }
      const start = performance.now();
      if (outage === 'fin') await client.call('cut', undefined);
      if (outage === 'stall') await client.call('resume', undefined);
      await (acked ?? deliver());
      return { back: performance.now() - start };
    },
  }));
}
