import { numbered, take } from '@iot/vitest-config/lines';
import { once } from 'node:events';
import { connect as dialRaw } from 'node:net';
import { expect, it } from 'vitest';
import { dial, serve } from './rig.js';

it('two boards with one id do not flap: the first keeps its link, the second is reported and kept out', async () => {
  await using server = await serve();
  const duplicates: string[] = [];
  const reported = new Promise<void>((resolve) => {
    server.on('duplicate', (id) => {
      duplicates.push(id);
      if (duplicates.length === 3) resolve();
    });
  });
  await using first = dial(server.address.port);
  await first.ready();
  const connection = await server.client('board');
  await using second = dial(server.address.port, { badServer: () => undefined });

  const lines = numbered('from the first', 200);
  const reading = take(connection, lines.length);
  for (const line of lines) await first.write(line);
  expect(await reading).toEqual(lines);
  await reported;

  expect(first.connects).toBe(1);
  expect(connection.connects).toBe(1);
  expect(second.connects).toBe(0);
  await first.close();
  await second.ready();
  expect(server.get('board')).toBe(connection);
});

it('a board that comes back is not locked out by its own dead socket', async () => {
  await using server = await serve({ timeout: 1000 });
  // A board that lost its power: its socket stays open and says nothing more.
  const dead = dialRaw({ port: server.address.port, host: '127.0.0.1' });
  await once(dead, 'connect');
  dead.write('board\n\n');
  const connection = await server.client('board');

  await using back = dial(server.address.port, { timeout: 1000 });
  await back.ready();
  await back.write('back');
  expect(await connection.readline()).toBe('back');
  expect(back.connects).toBe(1);
  dead.destroy();
});
