/**
 * Runs a script against a proxy. A step with `for` becomes two actions: one begins the fault, the other ends
 * it. The end action ends the fault only if no later step of the same kind and direction has begun in the
 * meantime. If one has, the end of that later step counts. `#owners` records, for each kind and direction,
 * which step began the active fault.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BOUNDS } from './bounds.js';
import { each, type Direction, type Directions } from './direction.js';
import { wholeLines } from './drop.js';
import { checkScript } from './parse-script.js';
import type { FaultProxy } from './proxy.js';
import type { Script, Step } from './script.js';

/** The methods of a proxy that a script calls. Tests replace the proxy and the clock. */
export type ScriptTarget = Pick<
  FaultProxy,
  'cut' | 'stall' | 'resume' | 'delay' | 'limit' | 'split' | 'merge' | 'dropNext' | 'refuse' | 'heal'
>;

export interface Clock {
  /** Ms since an arbitrary time. */
  now(): number;
  /** Waits for about `ms`. May reject once `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
}

/** `begins`: the step was just executed. `ends`: its `for` is over. */
export type StepPhase = 'begins' | 'ends';

/** The options of `runScript`. */
export interface RunScriptOptions {
  /** Aborting ends the script before its next action and rejects with `signal.reason`; active faults stay. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each action. */
  readonly onStep?: (step: Step, phase: StepPhase) => void;
}

interface Action {
  readonly at: number;
  readonly step: Step;
  readonly phase: StepPhase;
}

const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }),
};

/**
 * Executes the steps at their times. Resolves after the last step and the last end of a `for`. Faults that
 * are active then stay active until `proxy.heal()`. Rejects with `ERR_BAD_SCRIPT`, before the first step, if
 * the script is invalid.
 */
export function runScript(proxy: FaultProxy, script: Script, options: RunScriptOptions = {}): Promise<void> {
  return playScript(proxy, script, systemClock, options);
}

/** `runScript` with another clock. */
export async function playScript(
  proxy: ScriptTarget,
  script: Script,
  clock: Clock,
  { signal, onStep }: RunScriptOptions = {},
): Promise<void> {
  const actions = timeline(checkScript(script));
  const run = new ScriptRun(proxy);
  const start = clock.now();
  for (const { at, step, phase } of actions) {
    await until(start + at, clock, signal);
    if (run.act(step, phase)) onStep?.(step, phase);
  }
}

/** All actions in order of time. At the same time, ends come before begins. */
function timeline(script: Script): readonly Action[] {
  const ends = script.flatMap((step): Action[] => {
    const lastsMs = 'for' in step ? step.for : undefined;
    return lastsMs === undefined ? [] : [{ at: step.at + lastsMs, step, phase: 'ends' }];
  });
  const begins = script.map((step): Action => ({ at: step.at, step, phase: 'begins' }));
  return [...ends, ...begins].sort((one, other) => one.at - other.at);
}

async function until(time: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  for (let wait = time - clock.now(); wait > 0; wait = time - clock.now()) {
    try {
      await clock.sleep(Math.min(Math.ceil(wait), BOUNDS.longestMs), signal);
    } finally {
      signal?.throwIfAborted();
    }
  }
}

class ScriptRun {
  readonly #proxy: ScriptTarget;
  readonly #owners = new Map<string, Step>();

  constructor(proxy: ScriptTarget) {
    this.#proxy = proxy;
  }

  /** Returns false if the step had nothing to do. */
  act(step: Step, phase: StepPhase): boolean {
    if (phase === 'begins') {
      this.#begin(step);
      return true;
    }
    const [own, andTheOther] = directionsOf(step).filter((direction) => this.#disown(step, direction));
    if (own !== undefined) this.#end(step, andTheOther === undefined ? own : 'both');
    return own !== undefined;
  }

  #begin(step: Step): void {
    const proxy = this.#proxy;
    for (const direction of directionsOf(step)) this.#owners.set(keyOf(step.do, direction), step);
    switch (step.do) {
      case 'cut':
        proxy.cut(step.how);
        break;
      case 'stall':
        proxy.stall(step.direction);
        break;
      case 'resume':
        for (const direction of directionsOf(step)) this.#owners.delete(keyOf('stall', direction));
        proxy.resume(step.direction);
        break;
      case 'delay':
        proxy.delay({ ms: step.ms, jitterMs: step.jitterMs ?? 0 }, step.direction);
        break;
      case 'limit':
        proxy.limit({ bytesPerSecond: step.bytesPerSecond }, step.direction);
        break;
      case 'split':
        proxy.split('bytes', step.direction);
        break;
      case 'merge':
        proxy.merge({ ms: step.ms }, step.direction);
        break;
      case 'drop':
        proxy.dropNext(step.direction ?? 'both', step.lines ? wholeLines : undefined);
        break;
      case 'refuse':
        proxy.refuse(true);
        break;
      case 'heal':
        this.#owners.clear();
        proxy.heal();
        break;
    }
  }

  #end({ do: kind }: Step, direction: Directions): void {
    if (kind === 'stall') this.#proxy.resume(direction);
    else if (kind === 'refuse') this.#proxy.refuse(false);
    else if (kind === 'delay' || kind === 'limit' || kind === 'split' || kind === 'merge') {
      this.#proxy[kind]('off', direction);
    }
  }

  #disown(step: Step, direction: Direction): boolean {
    const key = keyOf(step.do, direction);
    return this.#owners.get(key) === step && this.#owners.delete(key);
  }
}

/** The directions under which `#owners` records a step. A step without a direction is recorded under both. */
function directionsOf(step: Step): readonly Direction[] {
  return each(('direction' in step ? step.direction : undefined) ?? 'both');
}

function keyOf(kind: Step['do'], direction: Direction): string {
  return `${kind} ${direction}`;
}
