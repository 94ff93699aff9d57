/** The cost of a link over TLS and over TCP: connecting, reconnecting, and memory while idle. */
import type { Scale } from '../scale.js';
import type { LinksCalls } from '../workers/links.js';
import { Processes } from './processes.js';
import type { Row } from './row.js';

const WARM_UP = 100;
const LINKS = 200;
/** Enough clients that their memory exceeds the normal variation of the process's RSS. */
const IDLE = 1000;
const EXTRA_MS = 120_000;

export function linkRows({ everything, slowRounds, settledMs }: Scale): Row[] {
  if (!everything) return [];
  return [
    {
      name: 'links',
      title: `a link until it is up, one after the other; ${IDLE} idle clients`,
      contestants: ['ours-2', 'ours-2-key', 'ours-2-certificates'],
      metrics: [
        { key: 'first', title: 'a new client', unit: 'ms' },
        { key: 'cpu', title: 'its CPU, both ends', unit: 'µs' },
        { key: 'again', title: 'after a cut', unit: 'ms' },
        { key: 'againCpu', title: 'its CPU, both ends', unit: 'µs' },
        { key: 'memory', title: 'memory of an idle client', unit: 'KB' },
      ],
      rounds: slowRounds,
      seconds: 20,
      files: IDLE + 200,

      async measure(contestant, bench) {
        await using processes = await Processes.create(bench);
        const { endpoint } = processes;
        const server = await processes.serve({ lines: contestant });
        const load = processes.start<LinksCalls>('links', { contestant, endpoint });
        const cpuUs = async () =>
          (await server.call('cpuUs', undefined)) + (await load.call('cpuUs', undefined));
        const links = async (how: 'first' | 'again') => {
          const before = await cpuUs();
          const ms = await load.call(how, LINKS, EXTRA_MS);
          return { ms, cpu: ((await cpuUs()) - before) / LINKS };
        };
        await load.call('first', WARM_UP, EXTRA_MS);
        await load.call('again', WARM_UP, EXTRA_MS);
        const [first, again] = [await links('first'), await links('again')];
        const before = await server.call('memoryBytes', undefined);
        await load.call('stay', IDLE, EXTRA_MS);
        await processes.pause(settledMs);
        const bytes = (await server.call('memoryBytes', undefined)) - before;
        return {
          first: first.ms,
          cpu: first.cpu,
          again: again.ms,
          againCpu: again.cpu,
          memory: bytes / 1024 / IDLE,
        };
      },
    },
  ];
}
