/**
 * Searches all reachable states, breadth first, so that the first violation found has one of the shortest
 * paths. States of the frontier are kept encoded; of all other states only a fingerprint is kept. Each state
 * is healed once: no further fault happens, and all writes must resolve. Two states that differ only in the
 * counters of the bound have the same healing. A healing stops early at a state that was healed before.
 */
import type { Action } from './actions.js';
import type { Bound } from './bound.js';
import type { Machines } from './bundle.js';
import { Engine } from './engine.js';
import { Fingerprints } from './fingerprints.js';
import type { Protocol } from './protocols.js';
import { Violation } from './violation.js';
import { decode, encode, USED_UNITS, type World } from './world.js';

/** Maximum number of steps of a healing. More than any healing needs. */
const MOST_HEALING_STEPS = 2000;

export interface Result {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly seconds: number;
  /** States of the client's session and of the server's. */
  readonly ends: readonly [client: number, server: number];
  /** False when `mostStates` ended it. */
  readonly complete: boolean;
  readonly violation: FoundViolation | undefined;
}

export interface FoundViolation {
  readonly message: string;
  /** The path to the violation as text. If a healing failed, its steps follow. */
  readonly path: readonly string[];
}

/** For each state: its predecessor, and the index of the action that led to it. */
interface Steps {
  readonly from: number[];
  readonly choice: number[];
}

export interface Task {
  readonly machines: Machines;
  readonly protocol: Protocol;
  readonly bound: Bound;
  readonly mostStates?: number;
}

export function explore(task: Task): Result {
  const { machines, protocol, bound, mostStates = Infinity } = task;
  const startedAt = performance.now();
  const engine = new Engine(machines, protocol, bound);
  const seen = new Fingerprints();
  const healed = new Fingerprints();
  const steps: Steps = { from: [-1], choice: [-1] };
  let transitions = 0;
  let depth = 0;

  const first = encode(engine.begin());
  seen.add(first);
  let frontier = [first];
  /** Number of the first state of the frontier. */
  let base = 0;

  const result = (complete: boolean, violation?: FoundViolation): Result => ({
    states: seen.size,
    transitions,
    depth,
    seconds: (performance.now() - startedAt) / 1000,
    ends: engine.sizes,
    complete,
    violation,
  });

  while (frontier.length > 0) {
    const next: string[] = [];
    const nextBase = base + frontier.length;
    for (const [i, state] of frontier.entries()) {
      const from = base + i;
      const actions = engine.choices.enabled(decode(state));
      for (const [choice, action] of actions.entries()) {
        transitions += 1;
        const world = decode(state);
        try {
          engine.apply(world, action);
          const reached = encode(world);
          if (!seen.add(reached)) continue;
          steps.from.push(from);
          steps.choice.push(choice);
          next.push(reached);
          heal(engine, world, healed);
        } catch (error) {
          if (!isFinding(error)) throw error;
          depth += 1;
          return result(false, replay(task, [...choicesTo(from, steps), choice]));
        }
      }
      if (seen.size >= mostStates) return result(false);
    }
    if (next.length > 0) depth += 1;
    frontier = next;
    base = nextBase;
  }
  return result(true);
}

/** @throws Violation if the healing does not end. */
function heal(engine: Engine, world: World, healed: Fingerprints): void {
  const visited = new Set<string>();
  for (let step = 0; world.linesUp.hasPending || world.linesDown.hasPending; step++) {
    const state = encode(world).slice(USED_UNITS);
    const again = visited.has(state);
    if (!again && !healed.add(state)) return;
    visited.add(state);
    const action = engine.healing(world);
    if (action === undefined || again || step > MOST_HEALING_STEPS) {
      throw new Violation('a write is never resolved although nothing more goes wrong');
    }
    engine.apply(world, action);
  }
}

/** Repeats all actions of the path, and records them as text. */
function replay({ machines, protocol, bound }: Task, choices: readonly number[]): FoundViolation {
  const path: string[] = [];
  const engine = new Engine(machines, protocol, bound, (text) => path.push(text));
  const world = engine.begin();
  try {
    for (const choice of choices) engine.apply(world, choose(engine, world, choice));
    path.push('nothing more goes wrong from here');
    heal(engine, world, new Fingerprints());
  } catch (error) {
    if (isFinding(error)) return { message: error.message, path };
    throw error;
  }
  throw new Error(
    'a violation did not come again on the same path: a session is not a function of its snapshot',
  );
}

function choose(engine: Engine, world: World, choice: number): Action {
  return engine.choices.enabled(world)[choice]!;
}

function choicesTo(state: number, { from, choice }: Steps): number[] {
  const choices: number[] = [];
  for (let at = state; at > 0; at = from[at]!) choices.push(choice[at]!);
  return choices.reverse();
}

/** An error thrown by a session is also a violation. */
function isFinding(error: unknown): error is Error {
  return error instanceof Error;
}
