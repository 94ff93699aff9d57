/**
 * The tests that every transport must pass (`ports.ts`). They work with every test runner: a case throws an `Error` when the
 * transport breaks a rule, and never settles when an expected report does not come.
 *
 *   for (const { name, run } of transportContract) it(name, () => run(makePair));
 */
import type { Transport } from '../ports.js';
import { Recorder } from './recorder.js';

/** Makes two transports that are connected to each other and not started. */
export type MakePair = () => Ends | Promise<Ends>;
export type Ends = readonly [Transport, Transport];

export interface ContractCase {
  readonly name: string;
  run(makePair: MakePair): Promise<void>;
}

export const transportContract: readonly ContractCase[] = [
  contract('carries bytes both ways, whole and in order', async ([near, far]) => {
    const [heard, sent] = [started(near), started(far)];
    far.write(bytes('to near'));
    for (const word of ['to ', 'far, ', 'in order']) near.write(bytes(word));
    await Promise.all([heard.hears('to near'.length), sent.hears('to far, in order'.length)]);
    check(heard.text === 'to near' && sent.text === 'to far, in order', 'bytes were added or lost');
  }),

  contract('carries much, every byte in its place', async ([near, far]) => {
    const [own, sent] = [started(near), started(far)];
    const total = 1024 * 1024;
    for (let at = 0; at < total;) {
      const chunk = Uint8Array.from({ length: 1400 }, (_, i) => mark(at + i));
      at += chunk.length;
      const drains = own.drains;
      if (!near.write(chunk)) await own.until(() => own.drains > drains);
    }
    await sent.hears(total);
    check(
      sent.all.every((byte, at) => byte === mark(at)),
      'a byte is not in its place',
    );
  }),

  contract('reports all that was written before an orderly end, before that end', async ([near, far]) => {
    const heard = started(near);
    started(far);
    far.write(new Uint8Array(100_000));
    await Promise.all([far.close(), heard.end()]);
    check(heard.all.length === 100_000, `only ${heard.all.length} bytes came before the end`);
  }),

  contract('reports what came before it was started', async ([near, far]) => {
    far.write(bytes('early'));
    const heard = started(near);
    await heard.hears('early'.length);
    check(heard.text === 'early', 'the bytes are not those that were written');
  }),

  contract('reports nothing from inside a call of its owner', async ([near, far]) => {
    const heard = new Recorder();
    let calling = false;
    let tooSoon = false;
    const call = <T>(act: () => T): T => {
      calling = true;
      const result = act();
      calling = false;
      return result;
    };
    heard.inside = () => {
      tooSoon ||= calling;
    };
    far.write(bytes('early'));
    call(() => {
      near.start(heard);
    });
    await heard.hears('early'.length);
    call(() => near.write(bytes('answer')));
    far.write(bytes('last'));
    await heard.hears('earlylast'.length);
    await call(() => near.close());
    check(!tooSoon, 'a report came before the call had returned');
  }),

  contract('says when it is full, and once there is space again', async ([near, far]) => {
    const own = started(near);
    let written = 0;
    do {
      written += CHUNK.length;
      check(written < 64 * 1024 * 1024, 'write never returns false, although the bytes are not read');
    } while (near.write(CHUNK));
    check(own.drains === 0, 'drain came while it was full');
    const sent = started(far);
    await own.until(() => own.drains === 1);
    await sent.hears(written);
  }),

  contract('delivers what was written before close, then an orderly end', async ([near, far]) => {
    const sent = started(far);
    started(near);
    near.write(bytes('last words'));
    await Promise.all([near.close(), sent.end()]);
    check(sent.text === 'last words', `the other end got ${JSON.stringify(sent.text)}`);
    check(sent.ends[0] === 'fin', 'an orderly end was reported as a reset');
  }),

  contract('delivers the same to one that is started afterwards', async ([near, far]) => {
    near.write(bytes('last words'));
    await near.close();
    const sent = started(far);
    await sent.end();
    check(sent.text === 'last words' && sent.ends[0] === 'fin', 'what came before the end was not reported');
  }),

  contract('is closed although the other end takes nothing', async ([near]) => {
    started(near);
    while (near.write(CHUNK));
    await near.close();
  }),

  contract('may be closed and destroyed again and again', async ([near]) => {
    started(near);
    await Promise.all([near.close(), near.close()]);
    near.destroy();
    near.destroy();
    await near.close();
  }),

  contract('shows the other end that it was destroyed', async ([near, far]) => {
    const sent = started(far);
    near.destroy();
    await sent.end();
  }),

  contract('reports the end once and nothing after it, whatever is called then', async ([near, far]) => {
    const heard = started(near);
    far.destroy();
    await heard.end();
    near.write(bytes('not read'));
    near.destroy();
    await near.close();
    check(heard.reports === 1, 'it reported more than the end');
  }),

  ...(['close', 'destroy'] as const).map((leave) =>
    contract(
      `reports nothing after its own ${leave}, even when that is called from inside a report`,
      async ([near, far]) => {
        const [heard, sent] = [started(near), started(far)];
        heard.inside = () => {
          heard.inside = () => undefined;
          far.write(bytes('too late'));
          void near[leave]();
        };
        far.write(bytes('now'));
        await sent.end();
        await near.close();
        check(heard.text === 'now' && heard.ends.length === 0, 'it went on reporting');
      },
    ),
  ),
];

const CHUNK = new Uint8Array(16 * 1024);

function contract(name: string, body: (ends: Ends) => Promise<void>): ContractCase {
  return {
    name,
    async run(makePair) {
      const ends = await makePair();
      try {
        await body(ends);
      } finally {
        for (const end of ends) end.destroy();
      }
    },
  };
}

function started(transport: Transport): Recorder {
  const recorder = new Recorder();
  transport.start(recorder);
  return recorder;
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The byte that belongs at this place. The period is not a power of two, so that swapped chunks are detected. */
function mark(at: number): number {
  return at % 251;
}
