/**
 * Where ours may differ from the original that it replaces, and what is compared instead:
 * - it acks at once, the original server 2 to 81 ms and older clients 14 to 84 ms late: the ids and their order;
 * - it sends keepalives every quarter of the timeout, the original client counts from its last write: the longest gap;
 * - it repeats after our timeout, and on a new link at once: the times of first sendings, and of repeats in stories.test.ts;
 * - the original server keeps its messages back for 200 ms after the client's first frame: ours are written when they went out.
 */
import { describe, expect, it } from 'vitest';
import { helloOf, isAck, isMessage, readRecording } from './recording.js';
import { replay, type Sent } from './replay.js';
import { SCENES, type Scene } from './scenes.js';

/**
 * Each run of each end of each recording, played by a session of ours: with the timeout of the originals, and with
 * three quarters of it, the original's 1500 ms.
 */
const PARTS = SCENES.flatMap((scene) =>
  [1, 0.75].flatMap((factor) => parts({ ...scene, timeout: factor * scene.timeout })),
);

function parts(scene: Scene) {
  return (['server', 'client'] as const).flatMap((role) =>
    scene[role].map((conns) => ({
      ...scene,
      role,
      conns,
      // A restarted peer may give an id to another line: a line is new once in each of its runs.
      peers: scene[role === 'server' ? 'client' : 'server'],
      title: `the ${role} in ${scene.name}, connection ${conns.join(' and ')}, timeout ${scene.timeout} ms`,
    })),
  );
}

describe.each(PARTS)('ours as $title', ({ name, role, conns, timeout, peers, silent }) => {
  const recording = readRecording(name);
  // The original sends a burst without counting; 40 is more than any burst recorded.
  const hellos = conns.map((conn) => helloOf(recording, conn));
  const played = replay(recording, { role, conns, timeout, id: hellos[0]!, maxInFlight: 40 });

  it('says or reads the hello on each connection, and a keepalive is the first line of ours after it', () => {
    expect(played.hellos).toEqual(hellos);
    for (const { conn, from } of played.links) {
      const heard = played.theirs.find((it) => it.conn === conn)?.at;
      // A client waits for the server's first byte, at most a quarter of the timeout; a server waits for nothing. The
      // client that was turned away never heard a byte.
      const at = role === 'server' ? from : heard && Math.min(heard, from + timeout / 4);
      if (at !== undefined)
        expect(played.ours.find((it) => it.conn === conn)).toEqual({ at, conn, line: '' });
    }
  });

  it('acks every message at once, in order, on the link on which it came', () => {
    const acks = played.ours.filter(({ line }) => isAck(line));
    const messages = played.theirs.filter(({ line }) => isMessage(line));
    expect(acks).toEqual(messages.map((it) => ({ ...it, line: it.line.slice(0, 2) })));
  });

  it('acks on each link what the original acked, in the same order', () => {
    for (const conn of conns) {
      const acksOf = (sent: readonly Sent[]) =>
        sent.filter((it) => it.conn === conn && isAck(it.line)).map(({ line }) => line);
      expect(inOrderWithin(acksOf(played.ours), acksOf(played.original))).toBe(true);
    }
  });

  it('delivers each line exactly once, in order', () => {
    const runs = peers.map((run) =>
      played.theirs.filter((it) => run.includes(it.conn) && isMessage(it.line)).map(({ line }) => line),
    );
    const once = runs.flatMap((lines) => [...new Set(lines)]);
    expect(played.delivered).toEqual(once.map((line) => line.slice(2)));
  });

  it('sends the messages that the original sent, byte for byte, at the times at which it first did', () => {
    const first = (sent: readonly Sent[]) => {
      const seen = new Set<string>();
      return sent.filter(({ line }) => isMessage(line) && !seen.has(line) && seen.add(line));
    };
    expect(first(played.ours)).toEqual(first(played.original));
  });

  it('has all its writes acked by the recorded peer', () => {
    expect(played.events.filter(({ type }) => type === 'settled')).toHaveLength(played.written);
    expect(played.session.unacked).toBe(0);
    expect(played.session.unsent()).toBe(0);
  });

  it('never is silent for longer than a quarter of the timeout', () => {
    for (const { conn, from, to } of played.links) {
      const up = role === 'server' ? from : (played.theirs.find((it) => it.conn === conn)?.at ?? to);
      const times = played.writes.filter((it) => it.conn === conn && it.at >= up).map(({ at }) => at);
      if (up < to) expect(times[0]).toBe(up);
      const gaps = [...times, to].map((at, i) => at - (times[i - 1] ?? up));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(timeout / 4);
    }
  });

  it('declares an outage where the link went silent, and nowhere else', () => {
    const downs = played.events.filter((it) => it.type === 'down');
    expect(downs).toHaveLength(conns.length);
    for (const [i, conn] of conns.entries()) expect(downs[i]?.reason === 'silence').toBe(conn === silent);
    expect(played.session.stats.protocolErrors).toBe(0);
    expect(played.events.filter((it) => it.type === 'peer-error')).toEqual([]);
  });
});

function inOrderWithin(all: readonly string[], some: readonly string[]): boolean {
  let at = 0;
  for (const it of all) if (it === some[at]) at += 1;
  return at === some.length;
}
