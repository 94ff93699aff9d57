import { expect } from 'vitest';
import type { ChannelAction, ChannelEvent, ChannelMachine } from '../src/channel/machine.js';
import { parsed, shown } from './text.js';

/**
 * Walks a machine through a table, a line a step, `what happens | what comes out`, and expects it to be just that.
 * Time passes only by `wait`, which lets it pass until the next deadline and says how long that took.
 */
export function walk(machine: ChannelMachine, table: string): void {
  const rows = table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const walker = walkers.get(machine) ?? new Walker(machine);
  walkers.set(machine, walker);
  const walked = rows.map((row) => {
    const input = row.split('|', 1)[0]!.trimEnd();
    const output = walker.step(input);
    return output === ''
      ? `${input.padEnd(row.indexOf('|'))}|`
      : `${input.padEnd(row.indexOf('|'))}| ${output}`;
  });
  expect(walked.join('\n')).toBe(rows.join('\n'));
}

/** A second walk goes on from where the first one ended, and when. */
const walkers = new WeakMap<ChannelMachine, Walker>();

class Walker {
  readonly #machine: ChannelMachine;
  #now = 0;

  constructor(machine: ChannelMachine) {
    this.#machine = machine;
  }

  step(input: string): string {
    const waited = this.#feed(input);
    if (waited === Infinity) return 'waits without limit';
    const out = [...this.#machine.takeActions().map(action), ...this.#machine.takeEvents().map(event)].join(
      ', ',
    );
    return waited === 0 ? out : `after ${waited} ms: ${out}`;
  }

  /** How much time has passed. */
  #feed(input: string): number {
    const machine = this.#machine;
    const [, verb = '', rest = ''] = /^(\w+) ?(.*)$/.exec(input)!;
    if (verb === 'wait') return this.#wait();
    const feed = INPUTS[verb];
    if (feed === undefined) throw new Error(`a walk knows no ${verb}`);
    feed(machine, rest, this.#now);
    return 0;
  }

  #wait(): number {
    const waited = this.#machine.nextDeadline() - this.#now;
    if (waited === Infinity) return waited;
    this.#now += waited;
    this.#machine.tick(this.#now);
    return Math.round(waited * 1000) / 1000;
  }
}

const INPUTS: Readonly<Record<string, (machine: ChannelMachine, rest: string, now: number) => void>> = {
  start: (machine, _, now) => machine.start(now),
  high: (machine, _, now) => machine.pin(1, now),
  low: (machine, _, now) => machine.pin(0, now),
  sent: (machine, _, now) => machine.transferDone(undefined, now),
  received: (machine, rest, now) => machine.transferDone(parsed(rest), now),
  failed: (machine, rest, now) => machine.transferFailed(new Error(rest), now),
  write: (machine, rest) => machine.write(parsed(rest)),
  hold: (machine, rest) => machine.hold(rest === 'on'),
  stop: (machine) => machine.stop(),
};

function action(it: ChannelAction): string {
  switch (it.type) {
    case 'own':
      return it.level === 1 ? 'raise' : 'lower';
    case 'reset':
      return it.active ? 'reset' : 'let go of reset';
    case 'send':
      return `send ${shown(it.bytes)}`;
    case 'receive':
      return `receive ${it.length}`;
    case 'abort':
      return 'abort';
  }
}

function event(it: ChannelEvent): string {
  switch (it.type) {
    case 'synchronised':
      return 'SYNCHRONISED';
    case 'data':
      return `DATA ${shown(it.bytes)}`;
    case 'taken':
      return `TAKEN ${it.bytes}`;
    case 'failed':
      return `FAILED ${it.reason} ${it.error.name}`;
  }
}
