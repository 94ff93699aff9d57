/** What the clients of a fleet say, and hear, in each dialect. */
import { describe, expect, it } from 'vitest';
import { wireSession } from '../src/fleet/dialects.js';

function link() {
  const told: string[] = [];
  return {
    told,
    write: (text: string) => void told.push(text),
    up: () => void told.push('up'),
    acked: (count: number) => void told.push(`acked ${count}`),
  };
}

it('raw sockets say lines, and take each line that comes back for an ack', () => {
  const session = wireSession('raw', 'a');
  const { told, ...peer } = link();
  expect([session.hello(), session.keepalive(), session.message('hi')]).toEqual(['a\n', '\n', 'hi\n']);
  for (const line of ['', 'hi', '']) session.receive(line, peer);
  expect(told).toEqual(['up', 'acked 1', 'up']);
});

it('version 1 numbers its lines from 00, and from ff on again from 01', () => {
  const session = wireSession('ours-1', 'a');
  const ids = Array.from({ length: 257 }, () => session.message('hi').slice(0, 2));
  expect([ids[0], ids[1], ids[255], ids[256]]).toEqual(['00', '01', 'ff', '01']);
});

describe('version 2', () => {
  const OPENING = '-2 5e 0 - 0 0 4096 16 1024 0';

  it('offers, answers the opening line once, and says in its keepalives what it has sent', () => {
    const session = wireSession('ours-2', 'a');
    const { told, ...peer } = link();
    expect([session.hello(), session.keepalive()]).toEqual(['a\n-2\n', '\n']);
    session.receive('', peer);
    expect(told).toEqual([]);
    session.receive(OPENING, peer);
    expect(told).toEqual([expect.stringMatching(/^-2 [0-9a-f]+ 0 5e 0 0 262144 1024 65536 0\n$/), 'up']);
    expect([session.message('hi'), session.keepalive()]).toEqual(['1 hi\n', '+0 0 262144 1\n']);
  });

  it('is not up while the server asks who it is', () => {
    const session = wireSession('ours-2', 'a');
    const { told, ...peer } = link();
    session.hello();
    session.receive('-2 5e 0 - 0 0 0 16 0 0', peer);
    expect(told).toHaveLength(1);
    session.receive(OPENING, peer);
    expect(told).toEqual([expect.any(String), 'up']);
  });

  it('counts cumulative acks, and those lines as settled that an earlier link has taken with it', () => {
    const session = wireSession('ours-2', 'a');
    const { told, ...peer } = link();
    session.hello();
    for (const text of ['a', 'b', 'c']) session.message(text);
    session.receive('+0 2 4096 0', peer);
    session.receive('+2 2 4096 0', peer);
    session.hello();
    session.receive('+3 3 4096 0', peer);
    expect(told).toEqual(['acked 2']);
  });
});
