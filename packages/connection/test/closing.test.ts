import { ClosedError } from '@iot/framing';
import { describe, expect, it } from 'vitest';
import { Bench, stateOf } from './bench.js';
import { noUnhandledRejections } from './guard.js';
import { settle } from './virtual-clock.js';

noUnhandledRejections();

describe('close', () => {
  it('sets status to false, then emits state(false), then close', async () => {
    const bench = await Bench.up();
    const statuses: boolean[] = [];
    bench.connection.on('state', () => statuses.push(bench.connection.status));
    bench.connection.on('close', () => statuses.push(bench.connection.status));
    await bench.connection.close();
    expect(bench.story).toEqual(['down', 'close']);
    expect(statuses).toEqual([false, false]);
  });

  it('emits no state(false) when the link was down', async () => {
    const bench = new Bench();
    await bench.connection.close();
    expect(bench.story).toEqual(['close']);
  });

  it('hands the error to the event', async () => {
    const bench = new Bench();
    const failure = new Error('no more');
    const heard = new Promise((resolve) => bench.connection.on('close', resolve));
    await bench.connection.close(failure);
    expect(await heard).toBe(failure);
  });

  it('resolves closed once all is released, with the error that there was', async () => {
    const released: (() => void)[] = [];
    const release = () => new Promise<void>((resolve) => released.push(resolve));
    const [well, failed] = [new Bench({ release }), new Bench()];
    expect(await stateOf(well.connection.closed)).toBe('pending');
    const closing = well.connection.close();
    expect(await stateOf(well.connection.closed)).toBe('pending');
    released[0]!();
    await closing;
    expect(await well.connection.closed).toBe(undefined);
    await failed.connection.close(new Error('no more'));
    expect(await failed.connection.closed).toEqual(new Error('no more'));
  });

  it('resolves closed when what is to be released fails', async () => {
    const release = () => Promise.reject(new Error('stuck'));
    const bench = new Bench({ release });
    await expect(bench.connection.close()).rejects.toThrow('stuck');
    expect(await bench.connection.closed).toBe(undefined);
  });

  it('is idempotent: everything happens once, and the first error counts', async () => {
    const bench = await Bench.up();
    await Promise.all([bench.connection.close(), bench.connection.close(new Error('too late'))]);
    await bench.connection.close();
    expect(bench.story).toEqual(['down', 'close']);
  });

  it('may be called again by the listeners that hear of it', async () => {
    const bench = await Bench.up();
    const inner: Promise<void>[] = [];
    bench.connection.on('state', () => inner.push(bench.connection.close()));
    bench.connection.on('close', () => inner.push(bench.connection.close()));
    await bench.connection.close();
    await Promise.all(inner);
    expect(inner).toHaveLength(2);
    expect(bench.story).toEqual(['down', 'close']);
  });

  it('rejects what waits with a ClosedError that says that a sent line may have arrived', async () => {
    const bench = await Bench.up();
    const sent = bench.connection.write('sent');
    await settle();
    bench.wire.ends('fin');
    const waiting = [
      sent,
      bench.connection.write('queued'),
      bench.connection.write('unsent', { qos: false }),
      bench.connection.readline(),
      bench.connection.ready(),
    ];
    await bench.connection.close();
    for (const promise of waiting) {
      await expect(promise).rejects.toBeInstanceOf(ClosedError);
      await expect(promise).rejects.toMatchObject({
        code: 'ERR_CLOSED',
        message: expect.stringContaining('may') as string,
      });
    }
  });

  it('rejects every later call, and discards unread lines', async () => {
    const bench = await Bench.up();
    bench.lines(1, 'unread');
    await bench.connection.close();
    const { connection } = bench;
    const later = [connection.write('x'), connection.write(''), connection.readline(), connection.ready()];
    for (const promise of later) expect(await stateOf(promise)).toBe('ERR_CLOSED');
  });

  it('over a failure says so in every ClosedError, with the failure as its cause', async () => {
    const bench = await Bench.up();
    const failure = new Error('the roof is on fire');
    const waiting = bench.connection.write('x');
    await bench.connection.close(failure);
    await expect(waiting).rejects.toMatchObject({
      cause: failure,
      message: expect.stringContaining('roof') as string,
    });
    await expect(bench.connection.ready()).rejects.toMatchObject({ cause: failure });
  });

  it('does not wait for writes', async () => {
    const bench = await Bench.up();
    const write = bench.connection.write('x');
    expect(await stateOf(bench.connection.close())).toBe('resolved');
    expect(await stateOf(write)).toBe('ERR_CLOSED');
  });

  it('waits until everything is released', async () => {
    let release = () => {};
    const bench = await Bench.up({ release: () => new Promise((resolve) => (release = resolve)) });
    const closed = bench.connection.close();
    expect(await stateOf(closed)).toBe('pending');
    expect(bench.story).toEqual(['down', 'close']);
    release();
    expect(await stateOf(closed)).toBe('resolved');
  });

  it('ends the link in order', async () => {
    const bench = await Bench.up();
    await bench.connection.close();
    expect(bench.wire.left).toBe('closed');
  });

  it('is what leaving the scope of await using does', async () => {
    const bench = await Bench.up();
    {
      await using connection = bench.connection;
      expect(connection.status).toBe(true);
    }
    expect(bench.story).toEqual(['down', 'close']);
  });

  it('emits nothing more afterwards, whatever the wire says', async () => {
    const bench = await Bench.up();
    const { wire } = bench;
    bench.connection.on('close', () => {
      wire.says('?\n');
      wire.ends('reset');
    });
    await bench.connection.close();
    expect(bench.story).toEqual(['down', 'close']);
  });
});

describe('a failure', () => {
  it('that is not awaited is not an unhandled rejection', async () => {
    // What the guard of this file would find.
    const bench = await Bench.up();
    void bench.connection.write('a\nb');
    void bench.connection.write('pending');
    void bench.connection.readline();
    void bench.connection.readline({ signal: AbortSignal.abort() });
    void bench.connection.drain({ signal: AbortSignal.abort() });
    bench.wire.ends('fin');
    void bench.connection.ready();
    void bench.connection.close(new Error('failed'));
    void bench.connection.ready();
    void bench.connection.write('late');
    await settle();
    expect(bench.story).toContain('close: failed');
  });
});
