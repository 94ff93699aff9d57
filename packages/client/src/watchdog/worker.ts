/**
 * The watchdog's worker thread: checks every turn whether the counters of the main thread change. While they do, it feeds
 * the outer watchdogs (device, systemd); when they do not, it ends the process.
 *
 * It runs from `worker.generated.ts`, which the tests keep in step with this file.
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
  /** Written by the main thread: beats, moves. */
  readonly counters: Int32Array;
}

/** To the worker. */
export type Order = { readonly type: 'status'; readonly text: string } | { readonly type: 'close' };

/** From the worker: once that it watches, or cannot; and what is to be warned of. */
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
    // The last step that can fail: an open device must be fed.
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
      device = undefined; // no magic close any more: whatever happens now, the board is to be reset
      void forceExit(reason(stall), exitCode);
      return;
    }
    device?.feed();
    // The next turn would be late.
    if (now - fedAt + settings.turnMs > feedMs) {
      fedAt = now;
      tell('WATCHDOG', '1');
    }
  }, settings.turnMs);
}

function signs(): Signs {
  return { beats: Atomics.load(counters, 0), moves: Atomics.load(counters, 1) };
}

/** A message that fails does not end the process: systemd acts on those that it gets. */
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
