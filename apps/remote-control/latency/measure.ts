/**
 * How long a press takes to the LED, and how long a raw line over two hops of TCP, in turn, so that a machine that
 * slows down slows both. Each goes through three processes of its own, and the next begins when the last has arrived.
 */
import type { Child } from '../remote/child.js';
import type { Family } from '../remote/family.js';
import { startTrio } from '../remote/trio.js';
import type { Times } from './figures.js';

/** Goes before, and does not count: compilers and sockets warm up. */
const WARM_UP = 500;

/** Where something goes in, and where it comes out. */
interface Path {
  readonly from: Child;
  readonly to: Child;
}

/** Adds to `times` as it goes. Rejects with the reason why all is over. */
export async function measure(
  family: Family,
  presses: number,
  times: { readonly [K in keyof Times]: bigint[] },
): Promise<void> {
  const { tx, rx } = await startTrio(family, { port: 0, timeout: 1500, args: { all: ['--quiet'] } });
  const remote: Path = { from: tx, to: rx };
  const raw = await startRaw(family);
  for (let i = -WARM_UP; i < presses; i++) {
    const press = await time(family, remote);
    const hops = await time(family, raw);
    if (i < 0) continue;
    times.presses.push(press);
    times.hops.push(hops);
  }
}

async function time(family: Family, { from, to }: Path): Promise<bigint> {
  const led = to.next('led', family.over);
  from.ask('press');
  const { at: end } = await family.within('a press', led);
  // Asked only now: on the way nothing else is to be done.
  const pressed = from.next('pressed', family.over);
  from.ask('when');
  const { at: start } = await pressed;
  return end - start;
}

async function startRaw(family: Family): Promise<Path> {
  const relay = family.start({ name: 'raw relay', program: 'raw.js', args: ['relay'] });
  const { port } = await family.within('the raw relay', relay.next('listening', family.over));
  const to = family.start({ name: 'raw receiver', program: 'raw.js', args: ['receiver', String(port)] });
  await family.within('the raw receiver', to.next('led', family.over));
  const first = to.next('led', family.over);
  const from = family.start({ name: 'raw sender', program: 'raw.js', args: ['sender', String(port)] });
  await family.within('the raw sender', first);
  return { from, to };
}
