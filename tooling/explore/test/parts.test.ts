import { expect, it } from 'vitest';
import { Fingerprints } from '../src/fingerprints.js';
import { decode, encode, newWorld } from '../src/world.js';

it('fingerprints know what was added, and nothing else', () => {
  const fingerprints = new Fingerprints();
  const states = Array.from({ length: 20_000 }, (_, i) => `state ${i}`);
  expect(states.every((state) => fingerprints.add(state))).toBe(true);
  expect(states.some((state) => fingerprints.add(state))).toBe(false);
  expect(fingerprints.size).toBe(20_000);
});

it('a world is the same after it was encoded and decoded', () => {
  const world = newWorld(70_000, 3);
  world.used.cuts = 1;
  world.used.quietMs = 2500;
  world.linesUp.write();
  world.linesUp.deliver('up0', { direction: 'up', sameText: false, inOrder: true, mayLose: 0 });
  world.linesUp.write();
  world.linesUp.withdraw(1, true);
  world.linesDown.write();
  world.linesDown.writerDied();
  world.links.push({
    number: 2,
    client: false,
    server: 'open',
    hello: 0,
    up: { chunks: [{ bytes: 7, age: 250 }], lost: false },
    down: { chunks: [], lost: true },
    broken: true,
    late: true,
  });
  world.used.late = 1;
  world.away = 80_000;
  world.visiting = true;
  world.backup = { client: 90_000, statuses: ['settled', 'pending'] };
  expect(decode(encode(world))).toEqual(world);
});
