/**
 * The worker thread of the watchdog. At each turn (every `turnMs`) it checks whether the counters of the main thread change.
 * While they change, it feeds the hardware watchdog and notifies systemd. When they have not changed for `timeoutMs`, it ends
 * the process.
 *
 * The code that runs is the copy in `worker.generated.ts`. A test checks that the copy matches this file.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { WatchdogDevice } from './device.js';
import { forceExit } from './force-exit.js';
import { StallDetector, type Signs, type Stall } from './stall-detector.js';
import type { WatchdogSettings } from './options.js';
import { SystemdNotifier } from './systemd.js';

export interface WorkerInput {
  readonly settings: WatchdogSettings;
  readonly exitCode: number;
  /** Two counters that the main thread increments: `beats` and `moves` of `Signs`. */
  readonly counters: Int32Array;
}

/** A message to the worker. */
export type Order = { readonly type: 'status'; readonly text: string } | { readonly type: 'close' };

/** A message from the worker: `started` or `failed` once, and a `warning` at any time. */
export type Report =
  { readonly type: 'started' } | { readonly type: 'failed' | 'warning'; readonly message: string };

const { settings, exitCode, counters } = workerData as WorkerInput;
const port = parentPort!;
const report = (message: Report) => port.postMessage(message);

let device: WatchdogDevice | undefined;
let systemd: SystemdNotifier | undefined;
let turns: NodeJS.Timeout | undefined;

void start();

async function start(): Promise<void> {
  try {
    if (settings.systemd) {
      systemd = new SystemdNotifier('watchdog.systemd', (message) => report({ type: 'warning', message }));
      await systemd.notify('READY', '1');
    }
    // Opened last, after all steps that can fail, because an open device must be fed.
    if (settings.device !== undefined) device = new WatchdogDevice(settings.device);
  } catch (error) {
    report({ type: 'failed', message: (error as Error).message });
    port.close();
    return;
  }
  port.on('message', (order: Order) => {
    if (order.type === 'status') tell('STATUS', order.text);
    else void stop();
  });
  watch();
  report({ type: 'started' });
}

function watch(): void {
  const detector = new StallDetector(settings, signs(), performance.now());
  const feedMs = settings.systemd?.feedMs ?? Infinity;
  let fedAt = -Infinity;
  turns = setInterval(() => {
    const now = performance.now();
    const stall = detector.turn(signs(), now);
    if (stall !== undefined) {
      clearInterval(turns);
      device = undefined; // the device is not closed and not fed: if the process does not end, the board is reset
      void forceExit(reason(stall), exitCode);
      return;
    }
    device?.feed();
    // Notified now, if the next turn would be too late.
    if (now - fedAt + settings.turnMs > feedMs) {
      fedAt = now;
      tell('WATCHDOG', '1');
    }
  }, settings.turnMs);
}

function signs(): Signs {
  return { beats: Atomics.load(counters, 0), moves: Atomics.load(counters, 1) };
}

/** Notifies systemd. A failure is ignored: systemd itself acts when notifications are missing. */
function tell(variable: string, value: string): void {
  systemd?.notify(variable, value).catch(() => undefined);
}

function reason(stall: Stall): string {
  const what = stall === 'loop' ? 'the main loop has not turned' : 'the client has made no progress';
  return `@iot/client watchdog: ${what} for ${settings.timeoutMs} ms, ending the process with exit code ${exitCode}`;
}

async function stop(): Promise<void> {
  clearInterval(turns);
  device?.close();
  await systemd?.notify('STOPPING', '1').catch(() => undefined);
  port.close();
}
