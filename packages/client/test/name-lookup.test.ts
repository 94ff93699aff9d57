import { beforeEach, describe, expect, it, vi } from 'vitest';
import { findAddresses } from '../src/find-addresses.js';
import { connect } from '../src/index.js';
import { NameLookup } from '../src/name-lookup.js';

vi.mock('../src/find-addresses.js', () => ({ findAddresses: vi.fn() }));

const { signal } = new AbortController();

/** The lookups that have been started and have not ended. */
const running: { found(addresses: string[]): void; failed(error: Error): void }[] = [];

beforeEach(() => {
  running.length = 0;
  vi.mocked(findAddresses).mockReset();
  vi.mocked(findAddresses).mockImplementation(
    () => new Promise((found, failed) => running.push({ found, failed })),
  );
});

describe('the lookup of a name', () => {
  it('that answers is followed by another one at the next attempt', async () => {
    const names = new NameLookup('server.local', signal);
    const first = names.addresses(signal, 1000);
    running[0]?.found(['127.0.0.1']);
    expect(await first).toEqual(['127.0.0.1']);
    const second = names.addresses(signal, 1000);
    running[1]?.found(['127.0.0.2']);
    expect(await second).toEqual(['127.0.0.2']);
  });

  it('that answers too late for one attempt serves the next one', async () => {
    const names = new NameLookup('server.local', signal);
    await expect(names.addresses(signal, 1)).rejects.toThrow('no answer in time');
    await expect(names.addresses(signal, 1)).rejects.toThrow('no answer in time');
    running[0]?.found(['127.0.0.1']);
    expect(await names.addresses(signal, 1000)).toEqual(['127.0.0.1']);
    expect(running).toHaveLength(1);
  });

  it('that fails is followed by another one, even when no attempt waited for the failure', async () => {
    const names = new NameLookup('server.local', signal);
    await expect(names.addresses(signal, 1)).rejects.toThrow('no answer in time');
    running[0]?.failed(new Error('the name does not exist'));
    await Promise.resolve();
    const second = names.addresses(signal, 1000);
    running[1]?.found(['127.0.0.2']);
    expect(await second).toEqual(['127.0.0.2']);
  });

  it('goes on when an attempt is aborted', async () => {
    const names = new NameLookup('server.local', signal);
    await expect(names.addresses(AbortSignal.timeout(1), 60_000)).rejects.toThrow();
    expect(vi.mocked(findAddresses).mock.calls[0]?.[1]).toBe(signal);
    expect(signal.aborted).toBe(false);
    running[0]?.found(['127.0.0.1']);
    expect(await names.addresses(signal, 1000)).toEqual(['127.0.0.1']);
  });
});

describe('a client whose name servers do not answer', () => {
  it('has one lookup under way, however many attempts it makes, and ends it when it is closed', async () => {
    const client = connect({
      id: 'board',
      host: 'server.local',
      port: 1,
      connectTimeoutMs: 1,
      badServer: (error, { attempt }) => {
        if (attempt === 3) throw error;
      },
    });
    await expect(client.ready()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('server.local (no answer in time)') as string },
    });
    await client.close();
    expect(running).toHaveLength(1);
    expect(vi.mocked(findAddresses).mock.calls[0]?.[1].aborted).toBe(true);
  });
});
