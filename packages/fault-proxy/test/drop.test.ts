import { expect, it } from 'vitest';
import { wholeLines, type FaultProxyEvents } from '../src/index.js';
import { Bench, witness } from './bench.js';

function nextDrop({ proxy }: Bench): Promise<FaultProxyEvents['drop']> {
  return new Promise((resolve) => {
    const off = proxy.on('drop', (drop) => {
      off();
      resolve(drop);
    });
  });
}

it.each(['toServer', 'toClient'] as const)(
  'drops the next chunk %s; the socket stays up',
  async (direction) => {
    await using bench = await Bench.start();
    const { client, server, link } = await bench.pair();
    const [from, to] = direction === 'toServer' ? [client, server] : [server, client];
    const drop = nextDrop(bench);
    link.dropNext(direction);
    from.socket.write('01lost\n');
    expect(await drop).toEqual({ link, direction, chunk: Buffer.from('01lost\n') });
    from.socket.write('02kept\n');
    await to.receives(7);
    expect([to.text, to.saw, from.saw]).toEqual(['02kept\n', [], []]);
    expect(link.state).toBe('open');
    expect(bench.proxy.stats).toMatchObject({
      dropped: 1,
      bytesDropped: 7,
      bytesToServer: link.bytesToServer,
    });
    expect(link.bytesToServer + link.bytesToClient).toBe(7);
  },
);

it('drops the chunk that the predicate chooses, one for each call', async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  for (let call = 0; call < 2; call++) link.dropNext('toServer', (chunk) => chunk.includes('x'));
  const passes = async (chunk: string): Promise<void> => {
    client.socket.write(chunk);
    await server.receives(server.bytes + chunk.length);
  };
  const isDropped = async (chunk: string): Promise<void> => {
    const drop = nextDrop(bench);
    client.socket.write(chunk);
    await drop;
  };
  await passes('a');
  await isDropped('x');
  await passes('b');
  await isDropped('x');
  await passes('x');
  expect(server.text).toBe('abx');
});

it('drops whole lines only, with the predicate for that', async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  client.socket.write('01ha');
  await server.receives(4);
  link.dropNext('both', wholeLines);
  client.socket.write('lf\n'); // ends a line that began before
  await server.receives(7);
  client.socket.write('02half'); // does not end
  await server.receives(13);
  client.socket.write('\n');
  await server.receives(14);
  const drop = nextDrop(bench);
  client.socket.write('03lost\n04lost\n');
  await drop;
  client.socket.write('05kept\n');
  await server.receives(21);
  expect(server.text).toBe('01half\n02half\n05kept\n');
});

it('lets a predicate cut the link that it is asked about', async () => {
  await using bench = await Bench.start();
  const { client, server, link } = await bench.pair();
  link.dropNext('toServer', () => !link.cut('rst'));
  client.socket.write('lost');
  await Promise.all([client.sees('close'), server.sees('close')]);
  expect(server.bytes).toBe(0);
  expect(bench.proxy.stats).toMatchObject({ dropped: 0, queuedBytes: 0 });
});

it('asked of the proxy, drops on every link of now, and on none to come', async () => {
  await using bench = await Bench.start();
  const now = [await bench.pair(), await bench.pair()];
  expect(bench.proxy.dropNext('toServer')).toBe(2);
  await witness(await bench.pair());
  for (const { client } of now) {
    const drop = nextDrop(bench);
    client.socket.write('lost');
    await drop;
  }
  expect(bench.proxy.stats).toMatchObject({ dropped: 2, bytesDropped: 8 });
});
