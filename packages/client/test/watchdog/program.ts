/** A program with a watchdog that behaves as its first argument says; its second has the options. */
import { readdirSync, readSync, writeSync } from 'node:fs';
import { Watchdog } from '../../src/watchdog/watchdog.js';
import { watchdogSettings, type WatchdogOptions } from '../../src/watchdog/options.js';

const [behaviour = '', json = ''] = process.argv.slice(2);
const options = JSON.parse(json) as WatchdogOptions;
const settings = watchdogSettings(options, 1);

/** The main loop looks sixteen times in a timeout. */
const LOOKS_IN_THREE_TIMEOUTS = 48;

const watched = async (progress: () => number = () => 0): Promise<Watchdog> => {
  const watchdog = new Watchdog(settings, progress, console.warn);
  await watchdog.started;
  writeSync(1, 'watching\n'); // console, as node:assert, would make standard error non-blocking
  return watchdog;
};

const behaviours: Readonly<Record<string, () => Promise<void>>> = {
  async 'blocks its main loop'() {
    process.on('exit', () => writeSync(1, 'an exit handler ran\n'));
    await watched();
    while (true);
  },
  async 'blocks in native code'() {
    await watched();
    readSync(0, Buffer.alloc(1)); // nothing is written to it
  },
  async 'blocks in a write to a pipe without a reader'() {
    await watched();
    while (true) writeSync(2, 'x'.repeat(1 << 16));
  },
  async 'turns, but its client does not move'() {
    await watched(() => 7);
    setInterval(() => undefined, 1);
  },
  async 'moves for three timeouts, then closes'() {
    let looks = 0;
    let done: () => void;
    const long = new Promise<void>((resolve) => (done = resolve));
    const watchdog = await watched(() => {
      if (++looks === LOOKS_IN_THREE_TIMEOUTS) done();
      return looks;
    });
    const alive = setInterval(() => undefined, 1000);
    await long;
    clearInterval(alive);
    await watchdog.close();
  },
  async 'closes, then blocks for three timeouts'() {
    const watchdog = await watched();
    await watchdog.close();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * settings.timeoutMs);
  },
  async 'has nothing to do'() {
    await watched();
  },
  async 'starts and closes a hundred times'() {
    const held = () =>
      JSON.stringify([process.getActiveResourcesInfo(), readdirSync('/proc/self/fd').length]);
    await (await watched()).close();
    const before = held();
    for (let cycle = 0; cycle < 100; cycle++) await (await watched()).close();
    if (held() !== before) throw new Error(`held before: ${before}, after: ${held()}`);
  },
};

await behaviours[behaviour]!();
