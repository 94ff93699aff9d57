import { describe, expect, it } from 'vitest';
import { Rig, type Sent } from './rig.js';

// Each test replays the beginning of a recorded session (transcripts/): the frames are the recorded ones, the times
// lie within what the recordings show.

const textOf = ({ from, text }: Sent) => `${from === 'client' ? '>' : '<'} ${JSON.stringify(text)}`;

describe('head_plain_demo', () => {
  const rig = new Rig();
  const reply = (n: number) => `[${n}, ${n}, 16550272]`;
  rig.connect();
  // Both demos write as soon as their link is up, and every five seconds from then on.
  rig.write('client', reply(0));
  rig.at(176, () => rig.write('server', reply(0)));
  for (const n of [1, 2]) {
    rig.at(5_000 * n + 230, () => rig.write('client', reply(n)));
    rig.at(5_000 * n + 521, () => rig.write('server', reply(n)));
  }
  rig.run(12_000);

  it('opens with hello, bare newline, first message, its ack, first message back, its ack', () => {
    expect(rig.sent.slice(0, 6).map(textOf)).toEqual([
      '> "1\\n"',
      '< "\\n"',
      '> "00[0, 0, 16550272]\\n"',
      '< "00\\n"',
      '< "00[0, 0, 16550272]\\n"',
      '> "00\\n"',
    ]);
  });

  it('has the recorded order of frames', () => {
    const round = (id: string, n: number) => [
      `> ${id}${reply(n)}`,
      `< ${id}`,
      `< ${id}${reply(n)}`,
      `> ${id}`,
    ];
    expect(rig.frames).toEqual(['> 1', ...round('00', 0), ...round('01', 1), ...round('02', 2)]);
  });

  it('has the recorded times: hello, first byte, ack of the server, its first message', () => {
    const at = (index: number) => rig.sent[index]!.at;
    expect(at(0)).toBe(50);
    expect(at(1)).toBe(175);
    expect(at(2)).toBe(175);
    expect(at(3) - at(2)).toBeGreaterThanOrEqual(2);
    expect(at(3) - at(2)).toBeLessThanOrEqual(55);
    expect(at(4) - at(2)).toBeGreaterThanOrEqual(200);
    expect(at(4) - at(2)).toBeLessThanOrEqual(460);
    expect(at(5)).toBe(at(4));
  });

  it('keeps alive every T/4: the server whatever else it sends, the client since its last write', () => {
    const keepalives = (from: string) => rig.sent.filter((s) => s.from === from && s.text === '\n');
    const server = keepalives('server').map(({ at }) => at);
    expect(new Set(server.map((at, n) => at - n * 500))).toEqual(new Set([175]));
    const client = rig.sent.filter((s) => s.from === 'client');
    const gaps = client.slice(1).map((s, n) => s.at - client[n]!.at);
    expect(Math.max(...gaps)).toBe(500);
    expect(keepalives('client').length).toBeGreaterThan(15);
  });
});

it('head_id0_twice: the ack of 00 is lost with the link, the client stays away 7.5 s, 00 is delivered again', () => {
  const rig = new Rig();
  rig.cut = ({ from, text, link }) => from === 'server' && text === '00\n' && link === 1;
  rig.connect();
  for (const n of [0, 1, 2]) rig.write('client', `c ${n}`);
  const delivered: string[] = [];
  for (let n = 0; n < 1_000; n += 1) {
    rig.run(10);
    delivered.push(...rig.read('server'));
  }
  expect(rig.frames).toEqual([
    ...['> 1', '> 00c 0'],
    ...['> 1', '> 00c 0', '< 00', '> 01c 1', '< 01', '> 02c 2', '< 02'],
  ]);
  expect(delivered).toEqual(['c 0', 'c 0', 'c 1', 'c 2']);
  const [first, second] = rig.sent.filter(({ text }) => text === '1\n');
  expect(second!.at - first!.at).toBeGreaterThan(7_500);
  expect(second!.at - first!.at).toBeLessThan(7_900);
});

it('head_lost_ack_link_up: the client sends again T after its write, the line is delivered once', () => {
  const rig = new Rig();
  rig.lose = ({ from, text }) => from === 'server' && text === '01\n' && rig.lost.length === 0;
  rig.connect();
  for (const n of [0, 1]) rig.write('client', `c ${n}`);
  rig.run(5_000);
  const repeats = rig.sent.filter(({ text }) => text === '01c 1\n').map(({ at }) => at);
  expect(repeats).toHaveLength(2);
  expect(repeats[1]! - repeats[0]!).toBe(2_000);
  expect(rig.read('server')).toEqual(['c 0', 'c 1']);
});

it('bcec138_lost_ack_link_up: an older client sends again after one second', () => {
  const rig = new Rig({ resendMs: 1_000 });
  rig.lose = ({ from, text }) => from === 'server' && text === '00\n' && rig.lost.length === 0;
  rig.connect();
  rig.write('client', 'c 0');
  rig.run(5_000);
  const repeats = rig.sent.filter(({ text }) => text === '00c 0\n').map(({ at }) => at);
  expect(repeats[1]! - repeats[0]!).toBe(1_000);
});

it('head_lost_ack_s2c_link_up: the server sends again T after its write, give or take its polling', () => {
  const rig = new Rig();
  rig.lose = ({ from, text }) => from === 'client' && text === '03\n' && rig.lost.length === 0;
  rig.connect();
  for (let n = 0; n < 5; n += 1) rig.at(1_000 + 250 * n, () => rig.write('server', `s ${n}`));
  rig.run(8_000);
  const repeats = rig.sent.filter(({ text }) => text === '03s 3\n').map(({ at }) => at);
  expect(repeats).toHaveLength(2);
  expect(repeats[1]! - repeats[0]!).toBeGreaterThan(2_000);
  expect(repeats[1]! - repeats[0]!).toBeLessThanOrEqual(2_050);
  expect(rig.read('client')).toEqual(['s 0', 's 1', 's 2', 's 3', 's 4']);
});

it('head_client_restart: ids of the client start at 00 again, those of the server go on', () => {
  const rig = new Rig();
  rig.connect();
  rig.write('client', 'c 0');
  rig.write('server', 's 0');
  rig.run(3_000);
  rig.write('server', 's 1');
  rig.restartClient(1_000);
  rig.write('client', 'c 1');
  rig.run(5_000);
  expect(rig.frames.filter((frame) => frame.includes('c ') || frame.includes('s '))).toEqual([
    '> 00c 0',
    '< 00s 0',
    '> 00c 1',
    '< 01s 1',
  ]);
  expect(rig.read('server')).toEqual(['c 0', 'c 1']);
});

it('head_idle: a link without messages stays up by keepalives alone', () => {
  const rig = new Rig({ timeoutMs: 500 });
  rig.connect().run(60_000);
  expect(rig.links).toBe(1);
  expect(rig.frames).toEqual(['> 1']);
});

describe('head_outage_blackhole6s', () => {
  it('is noticed by both ends T after the last byte, and the client is away for 2T + 3.5 s', () => {
    const rig = new Rig({ reconnects: false });
    rig.connect();
    rig.write('client', 'c 0');
    rig.run(3_000);
    const heard = (from: string) => rig.sent.filter((s) => s.from === from).at(-1)!.at;
    const [byServer, byClient] = [heard('client'), heard('server')];
    rig.lose = () => true;
    const ends: number[] = [];
    while (rig.client.linkOpen && rig.server.linkOpen) rig.run(1);
    ends.push(rig.now);
    expect(ends[0]).toBeGreaterThan(Math.min(byServer, byClient) + 2_000);
    expect(ends[0]).toBeLessThanOrEqual(Math.max(byServer, byClient) + 2_055);
    expect(rig.client.reconnectDelayMs).toBe(7_500);
  });

  it('gives the first ack or message 2T, and every later line T', () => {
    const rig = new Rig({ reconnects: false, helloMs: 1e9 });
    rig.connect().run(4_000);
    expect(rig.client.linkOpen).toBe(true);
    rig.run(2);
    expect(rig.client.linkOpen).toBe(false);
  });
});
