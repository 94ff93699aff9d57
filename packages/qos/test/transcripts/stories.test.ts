/** What the recordings were made to show, one by one; and where ours must do better than the original did. */
import { describe, expect, it } from 'vitest';
import { readRecording, type End } from './recording.js';
import { replay, type Replay } from './replay.js';

function play(name: string, role: End, conns: readonly number[] = [1, 2]): Replay {
  return replay(readRecording(name), { role, conns, timeout: 2000, id: '1', maxInFlight: 40 });
}

/** When, and on which connection, this line went out. */
function times(sent: Replay['ours'], line: string): (readonly [at: number, conn: number])[] {
  return sent.filter((it) => it.line === line).map(({ at, conn }) => [at, conn] as const);
}

function count(letter: 'c' | 's', from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `${letter} ${from + i}`);
}

describe('a lost ack', () => {
  it('of id 0 makes the original server deliver `00c 0` twice, and ours once', () => {
    const server = play('head_id0_twice', 'server');
    expect(times(server.theirs, '00c 0')).toEqual([
      [168, 1],
      [7899, 2],
    ]);
    expect(times(server.ours, '00')).toEqual([
      [168, 1],
      [7899, 2],
    ]);
    expect(server.delivered).toEqual(['c 0', 'c 1', 'c 2']);
    expect(server.session.stats.duplicatesDropped).toBe(1);
  });

  it('with its link makes our client send the line again on the next link, before the original could', () => {
    const client = play('head_lost_ack_link_drop', 'client');
    const up = client.theirs.find(({ conn }) => conn === 2)!.at;
    expect(times(client.original, '03c 3')).toEqual([
      [828, 1],
      [8607, 2],
    ]);
    expect(times(client.ours, '03c 3')).toEqual([
      [828, 1],
      [up, 2],
    ]);
    expect(up).toBeLessThanOrEqual(8607);
  });

  it('with its link makes our server drop the line when it comes again', () => {
    const server = play('head_lost_ack_link_drop', 'server');
    expect(times(server.ours, '03')).toEqual([
      [828, 1],
      [8607, 2],
    ]);
    expect(server.delivered).toEqual(count('c', 0, 5));
    expect(server.session.stats.duplicatesDropped).toBe(1);
  });

  it('on a link that stays up makes our client repeat the line after the timeout, as the original does', () => {
    const client = play('head_lost_ack_link_up', 'client', [1]);
    expect(times(client.original, '03c 3')).toEqual([
      [826, 1],
      [2825, 1],
    ]);
    expect(times(client.ours, '03c 3')).toEqual([
      [826, 1],
      [2826, 1],
    ]);
  });

  it('on a link that stays up makes our server repeat the line after the timeout, as the original does', () => {
    const server = play('head_lost_ack_s2c_link_up', 'server', [1]);
    expect(times(server.original, '03s 3')).toEqual([
      [1727, 1],
      [3764, 1],
    ]);
    expect(times(server.ours, '03s 3')).toEqual([
      [1727, 1],
      [3727, 1],
    ]);
  });

  it('on a link that stays up makes an older client repeat the line after 1 s, and ours drop it', () => {
    const server = play('bcec138_lost_ack_link_up', 'server', [1]);
    expect(times(server.ours, '03')).toEqual([
      [1401, 1],
      [2401, 1],
    ]);
    expect(server.delivered).toEqual(count('c', 0, 5));
  });
});

describe('a restart', () => {
  it('of the client gives the same ids to the same texts once more: our server delivers both runs', () => {
    const server = play('head_client_restart', 'server');
    expect(times(server.theirs, '00c 0')).toEqual([
      [176, 1],
      [6385, 2],
    ]);
    expect(server.delivered).toEqual([...count('c', 0, 11), ...count('c', 0, 16)]);
    expect(server.session.stats.duplicatesDropped).toBe(0);
  });

  it('of the server gives its ids to other texts: our client delivers both runs, and its own ids go on', () => {
    const client = play('head_demo_server_restart', 'client');
    expect(client.delivered).toEqual(['[0, 0, 16550272]', '[0, 1, 16548992]', '[1, 2, 16548928]']);
    const messages = client.ours.filter(({ line }) => line.length > 2).map(({ line }) => line);
    expect(messages).toEqual(['00[0, 0, 16550272]', '01[1, 1, 16548992]', '02[2, 2, 16548928]']);
  });

  it('on another machine with the same id is delivered too', () => {
    const server = play('head_duplicate_id', 'server', [1, 3]);
    expect(server.delivered).toEqual([...count('c', 0, 16), ...count('c', 0, 10)]);
  });
});

describe('an outage', () => {
  it.each([
    ['server', 4715],
    ['client', 4676],
  ] as const)(
    'is declared by our %s when the original declared it, once the timeout has passed',
    (role, original) => {
      const played = play('head_outage_blackhole6s', role);
      const down = played.events.find(({ type }) => type === 'down')!;
      const heard = played.theirs.filter(({ conn }) => conn === 1).at(-1)!.at;
      expect(down).toMatchObject({ reason: 'silence', wasUp: true, at: heard + 2000 });
      expect(original - down.at).toBeGreaterThanOrEqual(0);
      expect(original - down.at).toBeLessThan(100);
    },
  );

  it.each(['head_outage_blackhole6s', 'head_outage_reset', 'bcec138_outage_reset'])(
    'loses and doubles nothing in either direction: %s',
    (name) => {
      for (const role of ['server', 'client'] as const) {
        const { delivered } = play(name, role);
        expect(delivered).toEqual(count(role === 'server' ? 'c' : 's', 0, delivered.length - 1));
        expect(delivered.length).toBeGreaterThan(6);
      }
    },
  );
});

describe('a burst of 30 lines', () => {
  it('makes the original client drop the link at the 21st unread line; ours has space and acks them all', () => {
    const client = play('head_client_queue_overflow', 'client');
    const acks = (sent: Replay['ours']) =>
      sent.filter((it) => it.conn === 1 && /^[0-9a-f]{2}$/.test(it.line)).map(({ line }) => line);
    expect(acks(client.original)).toEqual(['00', '01', '02']);
    expect(acks(client.ours)).toHaveLength(31);
    expect(client.delivered).toEqual(['prelude', ...count('s', 0, 29)]);
    // The recorded server, cut off, sends them all again.
    expect(client.session.stats.duplicatesDropped).toBe(30);
  });
});
