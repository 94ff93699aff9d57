import { OriginalOsError, type ChannelRun, type ChannelStep } from '@iot/reference-models';
import type { Pin, ResetLine } from '../../src/channel/ports.js';
import type { Run } from './run.js';

export interface OriginalPorts {
  readonly own: Pin;
  readonly remote: Pin;
  readonly reset?: ResetLine['pin'];
  send(bytes: Uint8Array, signal: AbortSignal): Promise<unknown>;
  receive(length: number, signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * Runs the model of an original against the ports of its unit, step by step, until the process ends. A model that
 * ends by an OSError is dead until its reset; anything else that it throws is a violation.
 */
export function drive(
  model: ChannelRun,
  ports: OriginalPorts,
  run: Run,
  fail: (error: unknown) => void,
): void {
  void (async () => {
    try {
      let next = model.next();
      while (!next.done) {
        const step = next.value;
        try {
          next = model.next(await perform(step, ports, run));
        } catch (error) {
          next = model.throw(
            error instanceof OriginalOsError ? error : new OriginalOsError('the bus failed'),
          );
        }
      }
    } catch (error) {
      if (!(error instanceof OriginalOsError)) fail(error);
    }
  })();
}

/** What a `receive` got. A step that fails rejects. */
async function perform(step: ChannelStep, ports: OriginalPorts, run: Run): Promise<Uint8Array | undefined> {
  switch (step.type) {
    case 'own':
      ports.own.write(step.level);
      return undefined;
    case 'reset':
      ports.reset?.write(step.active ? 0 : 1);
      return undefined;
    case 'sleep':
      await run.pause(step.ms);
      return undefined;
    case 'await':
      await level(ports.remote, step.level, step.withinMs, run);
      return undefined;
    case 'send':
      await within(step.withinMs, run, (signal) => ports.send(step.bytes, signal));
      return undefined;
    case 'receive':
      return within(step.withinMs, run, (signal) => ports.receive(step.length, signal));
  }
}

/** An original looks at the wire in a loop, and so sees every level of it. */
function level(pin: Pin, wanted: 0 | 1, withinMs: number, run: Run): Promise<void> {
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
    cancel = run.after(withinMs, () => {
      unlisten();
      reject(new OriginalOsError('the wire did not change in time'));
    });
  });
}

async function within<T>(ms: number, run: Run, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborter = new AbortController();
  const late = () => aborter.abort(new OriginalOsError('the transfer took too long'));
  const cancel = ms === Infinity ? () => undefined : run.after(ms, late);
  try {
    return await act(aborter.signal);
  } finally {
    cancel();
  }
}
