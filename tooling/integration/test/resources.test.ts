import { ownPort } from '@iot/vitest-config/ports';
import { describe, expect, it } from 'vitest';
import { censusSettled, quietCensus, watch } from './census.js';
import { FakeNetwork } from './fake-network.js';
import { dial, Rig, serve, withoutBackoff } from './rig.js';

withoutBackoff();

/** Only the test ends links. */
const STEADY = { timeout: 60_000 };

describe('a client and a server whose link breaks again and again', () => {
  it('hold no more handles, timers and listeners after 200 and after 2,000 reconnections', async () => {
    using _watch = watch();
    await using rig = await Rig.start({ server: STEADY, client: STEADY });
    const { signal } = new AbortController();
    const breaks = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const down = rig.client.once('state');
        rig.proxy.cut(i % 2 === 0 ? 'rst' : 'fin');
        await down;
        await rig.client.ready({ signal });
        if (i % 20 !== 19) continue;
        // Traffic over some of the links, with a signal that is kept.
        const line = `line ${i}`;
        const [, heard] = await Promise.all([
          rig.client.write(line, { signal }),
          rig.connection.readline({ signal }),
          (await rig.server.client('board', { signal })).write(line, { signal }),
          rig.client.readline({ signal }),
        ]);
        expect(heard).toBe(line);
      }
      await Promise.all([rig.server.waitAll('board', { signal }), rig.client.drain({ signal })]);
    };
    await breaks(20);
    const before = await quietCensus();
    await breaks(200);
    expect(await censusSettled(before)).toEqual(before);
    await breaks(1800);
    expect(await censusSettled(before)).toEqual(before);
    // Both ends and the proxy: two servers, two sockets each way; one timer at each
    // end, and the server's for all clients that it may forget. The client listens to its own close.
    expect(before).toMatchObject({ TCPServerWrap: 2, TCPSocketWrap: 4, timers: 3, abortListeners: 1 });
    expect(rig.client.connects).toBe(2021);
    expect([...rig.server.clients]).toHaveLength(1);
  });
});

describe('a client that looks after its network, and whose network and server break by turns', () => {
  it('hold no more handles, timers and listeners after 200 and after 2,000 reconnections', async () => {
    using _watch = watch();
    const network = new FakeNetwork();
    await using rig = await Rig.start({
      server: STEADY,
      client: { ...STEADY, network, networkStableMs: 0, watchdog: true, heartbeat: () => undefined },
    });
    const breaks = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const down = rig.client.once('state');
        if (i % 2 === 0) network.set(false);
        else rig.proxy.cut('rst');
        await down;
        await rig.client.ready();
      }
      const [, heard] = await Promise.all([rig.client.write('still here'), rig.connection.readline()]);
      expect(heard).toBe('still here');
    };
    await breaks(20);
    const before = await quietCensus();
    await breaks(200);
    expect(await censusSettled(before)).toEqual(before);
    await breaks(1800);
    expect(await censusSettled(before)).toEqual(before);
    expect(before).toMatchObject({ TCPServerWrap: 2, TCPSocketWrap: 4, abortListeners: 1 });
    expect(network.listeners).toBe(1);
    expect(rig.client.connects).toBe(2021);
    expect(rig.client.networkConnects).toBe(2021);
  });
});

describe('a close, as on Ctrl-C,', () => {
  it('leaves no handle, whatever was under way', async () => {
    using _watch = watch();
    const nowhere = await ownPort();
    const before = await quietCensus();
    const server = await serve({ expected: ['board', 'never'] });
    const client = dial(server.address.port);
    const seeker = dial(nowhere.port, { host: nowhere.host, id: 'seeker', badServer: () => undefined });
    const connection = await server.client('board');
    const { signal } = new AbortController();
    const loops = [client, connection].map(async (end) => {
      for await (const line of end) expect(line).toBeTypeOf('string');
    });
    const waiting = [
      server.waitAll({ signal }),
      server.client('never', { signal }),
      seeker.ready({ signal }),
      ...Array.from({ length: 100 }, (_, i) => client.write(`up ${i}`)),
      ...Array.from({ length: 100 }, (_, i) => connection.write(`down ${i}`)),
    ];
    await client.drain();
    for (let i = 0; i < 2000; i++) waiting.push(client.write(`more ${i}`));
    waiting.push(client.write('last', { signal }), connection.write('last', { signal }));

    await Promise.all([seeker.close(), client.close(), server.close()]);
    await Promise.all(loops);
    await Promise.allSettled(waiting);
    expect(await censusSettled(before)).toEqual(before);
  });
});
