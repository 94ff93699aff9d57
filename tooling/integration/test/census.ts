/** Counts what a process holds on to: handles, timers, listeners. */
import { createHook } from 'node:async_hooks';
import { getEventListeners, type EventEmitter } from 'node:events';
import { turn } from './rig.js';

/** Kinds that belong to sockets; the others are the test runner's, or are counted otherwise. */
const KINDS = /^(TCP|GetAddrInfo|Connect|Shutdown|Write)/;
/** Who makes a timer of ours; the runner has some too. */
const OURS = /\/packages\//;

interface WithHandles {
  /** Not documented, but the only way to all sockets. */
  _getActiveHandles(): object[];
}

/** What is held now, by kind; `listeners` are those of all sockets and servers together. */
function census(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (KINDS.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  let listeners = 0;
  for (const handle of (process as unknown as WithHandles)._getActiveHandles()) {
    if (!/^(Socket|Server)$/.test(handle.constructor.name)) continue;
    const emitter = handle as EventEmitter;
    for (const event of emitter.eventNames()) listeners += emitter.listenerCount(event);
  }
  return { ...counts, listeners, timers: timers.size, abortListeners: countAbortListeners() };
}

/** The census once it has not changed for many turns of the event loop. */
export async function quietCensus(): Promise<Record<string, number>> {
  let last = '';
  for (let still = 0; still < 200; still++) {
    const now = JSON.stringify(census());
    if (now !== last) still = 0;
    last = now;
    await turn();
  }
  return census();
}

/** The census once it is `expected`; after many turns of the event loop what it is then. */
export async function censusSettled(expected: Record<string, number>): Promise<Record<string, number>> {
  for (let i = 0; i < 2000; i++) {
    if (JSON.stringify(census()) === JSON.stringify(expected)) break;
    await turn();
  }
  return census();
}

/** Timers of ours that wait. */
const timers = new Set<number>();
const timerHook = createHook({
  init(id, kind) {
    if ((kind === 'Timeout' || kind === 'Immediate') && OURS.test(new Error().stack ?? '')) timers.add(id);
  },
  destroy(id) {
    timers.delete(id);
  },
});

/** Signals at which somebody listens or has listened. */
const signals = new Set<AbortSignal>();

/** From now on, timers and listeners at abort signals are counted, until the end of the scope. */
export function watch(): Disposable {
  timerHook.enable();
  const { addEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (this: EventTarget, ...args) {
    if (this instanceof AbortSignal) signals.add(this);
    addEventListener.apply(this, args);
  };
  return {
    [Symbol.dispose]() {
      EventTarget.prototype.addEventListener = addEventListener;
      timerHook.disable();
      signals.clear();
      timers.clear();
    },
  };
}

function countAbortListeners(): number {
  let count = 0;
  for (const signal of signals) {
    const listeners = getEventListeners(signal, 'abort').length;
    if (listeners === 0) signals.delete(signal);
    count += listeners;
  }
  return count;
}
