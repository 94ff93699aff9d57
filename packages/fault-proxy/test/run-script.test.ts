import { expect, it } from 'vitest';
import { runScript, type Script } from '../src/index.js';
import { playScript, type Clock, type ScriptTarget } from '../src/run-script.js';
import { Bench, witness } from './bench.js';

/** Time passes when somebody waits, and only then; a wait is sometimes over a bit early, as Node's. */
class VirtualClock implements Clock {
  time = 1000;
  onSleep: () => void = () => undefined;

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms > 1 ? ms - 0.5 : ms;
    this.onSleep();
  }
}

/** A proxy that writes down what it is asked, and when. */
function recorder(clock: VirtualClock): { proxy: ScriptTarget; asked: string[] } {
  const asked: string[] = [];
  const names = ['cut', 'stall', 'resume', 'delay', 'limit', 'split', 'merge', 'dropNext', 'refuse', 'heal'];
  const entries = names.map((name) => {
    const call = (...args: unknown[]): void => {
      const words = args
        .filter((arg) => arg !== undefined)
        .map((arg) => callName(arg) ?? JSON.stringify(arg));
      asked.push([Math.floor(clock.time - 1000), name, ...words].join(' '));
    };
    return [name, call];
  });
  return { proxy: Object.fromEntries(entries) as ScriptTarget, asked };
}

function callName(arg: unknown): string | undefined {
  return typeof arg === 'function' ? arg.name : undefined;
}

async function played(script: Script): Promise<string[]> {
  const clock = new VirtualClock();
  const { proxy, asked } = recorder(clock);
  await playScript(proxy, script, clock);
  return asked;
}

it('does each step at its time, whatever the order in which they are written', async () => {
  const script: Script = [
    { at: 9000, do: 'heal' },
    { at: 0, do: 'limit', bytesPerSecond: 100, direction: 'toClient' },
    { at: 2000, do: 'cut', how: 'rst' },
    { at: 2000, do: 'cut', how: 'fin' },
    { at: 3000, do: 'drop', lines: true },
    { at: 3100, do: 'drop', direction: 'toServer' },
    { at: 4000, do: 'delay', ms: 5 },
    { at: 5000, do: 'stall' },
    { at: 6000, do: 'resume' },
  ];
  expect(await played(script)).toEqual([
    '0 limit {"bytesPerSecond":100} "toClient"',
    '2000 cut "rst"',
    '2000 cut "fin"',
    '3000 dropNext "both" wholeLines',
    '3100 dropNext "toServer"',
    '4000 delay {"ms":5,"jitterMs":0}',
    '5000 stall',
    '6000 resume',
    '9000 heal',
  ]);
});

it('ends what has a "for"', async () => {
  const script: Script = [
    { at: 0, do: 'stall', direction: 'toServer', for: 1500 },
    { at: 10, do: 'delay', ms: 5, jitterMs: 2, direction: 'toClient', for: 10 },
    { at: 10, do: 'limit', bytesPerSecond: 7, direction: 'toClient', for: 20 },
    { at: 10, do: 'split', direction: 'toClient', for: 30 },
    { at: 10, do: 'merge', ms: 5, for: 40 },
    { at: 100, do: 'refuse', for: 3000 },
  ];
  expect(await played(script)).toEqual([
    '0 stall "toServer"',
    '10 delay {"ms":5,"jitterMs":2} "toClient"',
    '10 limit {"bytesPerSecond":7} "toClient"',
    '10 split "bytes" "toClient"',
    '10 merge {"ms":5}',
    '20 delay "off" "toClient"',
    '30 limit "off" "toClient"',
    '40 split "off" "toClient"',
    '50 merge "off" "both"',
    '100 refuse true',
    '1500 resume "toServer"',
    '3100 refuse false',
  ]);
});

it('leaves standing what a later step of the same kind has put there', async () => {
  const script: Script = [
    { at: 0, do: 'stall', for: 100 },
    { at: 50, do: 'stall', direction: 'toServer', for: 100 },
    { at: 200, do: 'refuse', for: 100 },
    { at: 250, do: 'refuse', for: 100 },
    { at: 400, do: 'merge', ms: 1, for: 100 },
    { at: 450, do: 'heal' },
    { at: 600, do: 'stall', for: 100 },
    { at: 650, do: 'resume', direction: 'toServer' },
  ];
  expect(await played(script)).toEqual([
    '0 stall',
    '50 stall "toServer"',
    '100 resume "toClient"',
    '150 resume "toServer"',
    '200 refuse true',
    '250 refuse true',
    '350 refuse false',
    '400 merge {"ms":1}',
    '450 heal',
    '600 stall',
    '650 resume "toServer"',
    '700 resume "toClient"',
  ]);
});

it('reports each action once it is done', async () => {
  const clock = new VirtualClock();
  const { proxy, asked } = recorder(clock);
  const told: string[] = [];
  const script: Script = [
    { at: 1, do: 'stall', for: 5 },
    { at: 3, do: 'heal' },
  ];
  await playScript(proxy, script, clock, {
    onStep: (step, phase) => told.push(`${asked.length} ${step.do} ${phase}`),
  });
  expect(told).toEqual(['1 stall begins', '2 heal begins']); // the stall's end had nothing left to end
});

it('stops before the next action when aborted, with the reason given, and heals nothing', async () => {
  const clock = new VirtualClock();
  const { proxy, asked } = recorder(clock);
  const abort = new AbortController();
  clock.onSleep = () => {
    if (clock.time > 1500) abort.abort(new Error('enough'));
  };
  const script: Script = [
    { at: 0, do: 'stall', for: 1000 },
    { at: 400, do: 'refuse' },
  ];
  await expect(playScript(proxy, script, clock, { signal: abort.signal })).rejects.toThrow('enough');
  expect(asked).toEqual(['0 stall', '400 refuse true']);
  await expect(playScript(proxy, script, clock, { signal: abort.signal })).rejects.toThrow('enough');
  expect(asked).toHaveLength(2);
});

it('wakes from the real clock when aborted', async () => {
  await using bench = await Bench.start();
  const abort = new AbortController();
  const run = runScript(bench.proxy, [{ at: 2 ** 31 - 1, do: 'heal' }], { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(run).rejects.toThrow('enough');
});

it('does nothing of a script that is wrong anywhere', async () => {
  const clock = new VirtualClock();
  const { proxy, asked } = recorder(clock);
  const script = [{ at: 0, do: 'heal' }, { at: 0 }] as unknown as Script;
  await expect(playScript(proxy, script, clock)).rejects.toMatchObject({ code: 'ERR_BAD_SCRIPT' });
  expect(asked).toEqual([]);
});

it('plays on a real proxy, by the real clock', async () => {
  await using bench = await Bench.start();
  const { client, server, link, other } = await bench.pairs();
  await runScript(bench.proxy, [{ at: 0, do: 'stall' }]);
  other.link.resume();
  client.socket.write('held');
  await witness(other);
  expect(server.bytes).toBe(0);
  await runScript(bench.proxy, [
    { at: 5, do: 'heal' },
    { at: 10, do: 'merge', ms: 1, for: 5 },
  ]);
  await server.receives(4);
  await runScript(bench.proxy, [{ at: 0, do: 'cut', how: 'rst' }]);
  expect(await link.ended).toEqual({ type: 'cut', kind: 'rst' });
});
