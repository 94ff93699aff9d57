/**
 * How long a press takes to the LED, and how long a raw line over two hops of TCP, in turn, so that a machine that
 * slows down slows both. Each goes through three processes of its own, and the next begins when the last has arrived.
 */
import { startPart, startTrio, type Group, type Worker } from '../remote/trio.js';
import type { Times } from './figures.js';

/** Goes before, and does not count: compilers and sockets warm up. */
const WARM_UP = 500;

const SETTINGS = { port: 0, timeout: 1500, quiet: true };

/** Where something goes in, and where it comes out. */
interface Path {
  readonly from: Worker;
  readonly to: Worker;
}

/** Adds to `times` as it goes. Rejects with the reason why all is over. */
export async function measure(
  group: Group,
  presses: number,
  times: { readonly [K in keyof Times]: bigint[] },
): Promise<void> {
  const { tx, rx } = await startTrio(group, SETTINGS);
  const remote: Path = { from: tx, to: rx };
  const raw = await startRaw(group);
  for (let i = -WARM_UP; i < presses; i++) {
    const press = await time(group, remote);
    const hops = await time(group, raw);
    if (i < 0) continue;
    times.presses.push(press);
    times.hops.push(hops);
  }
}

async function time(group: Group, { from, to }: Path): Promise<bigint> {
  const [leds, answers] = [to.count('led'), from.count('pressed')];
  from.ask('press');
  const end = await group.until('a press', () => to.count('led') > leds && to.latest('led')?.at);
  // Asked only now: on the way nothing else is to be done.
  from.ask('when');
  const start = await group.until(
    'its time',
    () => from.count('pressed') > answers && from.latest('pressed')?.at,
  );
  return end - start;
}

async function startRaw(group: Group): Promise<Path> {
  const relay = startPart(group, { ...SETTINGS, part: 'raw relay' });
  const { port } = await group.until('the raw relay', () => relay.latest('listening'));
  const to = startPart(group, { ...SETTINGS, part: 'raw receiver', port });
  await group.until('the raw receiver', () => to.count('led') > 0);
  const from = startPart(group, { ...SETTINGS, part: 'raw sender', port });
  await group.until('the raw sender', () => to.count('led') > 1);
  return { from, to };
}
