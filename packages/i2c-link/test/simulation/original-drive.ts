import { OriginalOsError, type ChannelRun, type ChannelStep } from '@iot/reference-models';
import type { Pin, ResetLine } from '../../src/channel/ports.js';
import type { Life } from './life.js';

export interface OriginalPorts {
  readonly own: Pin;
  readonly remote: Pin;
  readonly reset?: ResetLine['pin'];
  send(bytes: Uint8Array, signal: AbortSignal): Promise<unknown>;
  receive(length: number, signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * Runs the model of an original against the ports of its unit, step by step, for as long as the life lasts. A model that
 * ends by an OSError is dead until its reset; anything else that it throws is a breach.
 */
export function drive(
  run: ChannelRun,
  ports: OriginalPorts,
  life: Life,
  fail: (error: unknown) => void,
): void {
  void (async () => {
    try {
      let next = run.next();
      while (!next.done) {
        const step = next.value;
        try {
          next = run.next(await perform(step, ports, life));
        } catch (error) {
          next = run.throw(error instanceof OriginalOsError ? error : new OriginalOsError('the bus failed'));
        }
      }
    } catch (error) {
      if (!(error instanceof OriginalOsError)) fail(error);
    }
  })();
}

/** What a `receive` got. A step that fails rejects. */
async function perform(step: ChannelStep, ports: OriginalPorts, life: Life): Promise<Uint8Array | undefined> {
  switch (step.type) {
    case 'own':
      ports.own.write(step.level);
      return undefined;
    case 'reset':
      ports.reset?.write(step.active ? 0 : 1);
      return undefined;
    case 'sleep':
      await life.pause(step.ms);
      return undefined;
    case 'await':
      await level(ports.remote, step.level, step.withinMs, life);
      return undefined;
    case 'send':
      await within(step.withinMs, life, (signal) => ports.send(step.bytes, signal));
      return undefined;
    case 'receive':
      return within(step.withinMs, life, (signal) => ports.receive(step.length, signal));
  }
}

/** An original looks at the wire in a loop, and so sees every level of it. */
function level(pin: Pin, wanted: 0 | 1, withinMs: number, life: Life): Promise<void> {
  if (pin.read() === wanted) return Promise.resolve();
  return new Promise((resolve, reject) => {
    let cancel: () => void = () => undefined;
    const unlisten = pin.onEdge((now) => {
      if (now !== wanted) return;
      unlisten();
      cancel();
      resolve();
    });
    if (withinMs === Infinity) return;
    cancel = life.after(withinMs, () => {
      unlisten();
      reject(new OriginalOsError('the wire did not change in time'));
    });
  });
}

async function within<T>(ms: number, life: Life, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborter = new AbortController();
  const late = () => aborter.abort(new OriginalOsError('the transfer took too long'));
  const cancel = ms === Infinity ? () => undefined : life.after(ms, late);
  try {
    return await act(aborter.signal);
  } finally {
    cancel();
  }
}
