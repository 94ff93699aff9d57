import { describe, expect, it } from 'vitest';
import { Bench } from '../bench.js';
import { BenchV2, opening, ROLES } from './bench.js';

/** PROTOCOL-2.md section 1: which version a link speaks. */
const OPENING = opening();

/** A client that has offered and heard the first keepalive. */
function waiting(options = {}): BenchV2 {
  const client = new BenchV2({ role: 'client', ...options });
  client.open();
  client.writes();
  client.receive('\n');
  client.writes();
  return client;
}

/** A client that has carried a message of version 1, whose link was lost then. */
function carried(): BenchV2 {
  const client = new BenchV2({ role: 'client' });
  client.open();
  client.writes();
  client.receive('\n01from an original\n');
  expect(client.wire()).toBe('01\n');
  client.cut();
  return client;
}

/** What a client says first on its next link. */
function hello(client: BenchV2): string {
  client.open();
  return client.writes()[0] ?? '';
}

describe('a client', () => {
  it('says hello and offer in one write, and nothing of a message before the server has spoken', () => {
    const client = new BenchV2({ role: 'client' });
    client.open();
    client.write('early');
    expect(client.writes()).toEqual(['board\n-2\n']);
    expect(client.session.protocol).toBeUndefined();
  });

  it('speaks version 2 when an opening line comes in place of the first keepalive, and in its first write', () => {
    const client = new BenchV2({ role: 'client' });
    client.open();
    client.write('hi');
    client.writes();
    client.receive(OPENING);
    expect(client.writes()).toEqual(['-2 a1 0 b1 0 0 262144 1024 65536 0\n1 hi\n']);
    expect(client.session.protocol).toBe(2);
    expect(client.events).toEqual([{ type: 'protocol', version: 2 }, { type: 'up' }]);
  });

  it('speaks version 2 when an opening line comes after keepalives, and says nothing but keepalives before', () => {
    const client = new BenchV2({ role: 'client' });
    client.open();
    client.write('hi');
    client.writes();
    client.receive('\n\n');
    expect(client.writes()).toEqual(['\n']);
    client.now = 249;
    client.tick();
    expect(client.writes()).toEqual([]);
    client.receive(`\n${OPENING}`);
    expect(client.wire()).toMatch(/^-2 a1 .*\n1 hi\n$/);
  });

  it('reads an opening line that is split at every byte, however long it takes within the timeout', () => {
    const client = waiting();
    client.write('hi');
    for (const byte of OPENING) {
      expect(client.wire()).toBe('');
      client.now += 20;
      client.receive(byte);
    }
    expect(client.wire()).toMatch(/^-2 a1 .*\n1 hi\n$/);
    expect(client.session.protocol).toBe(2);
  });

  it('goes on in version 1 when the server has said a message or an ack of it', () => {
    for (const [line, protocol] of [
      ['00hi\n', 1],
      ['05\n', 1],
      ['-1 hi\n', 1],
    ] as const) {
      const client = waiting();
      client.receive(line);
      expect(client.session.protocol).toBe(protocol);
    }
  });

  it('waits a quarter of the timeout from the first byte on for the answer, then sends in version 1', () => {
    const client = waiting();
    client.write('hi');
    expect(client.session.nextDeadline()).toBe(250);
    client.now = 249;
    client.tick();
    expect(client.wire()).toBe('');
    client.now = 250;
    client.tick();
    expect(client.wire()).toBe('00hi\n');
    expect(client.session.protocol).toBe(1);
  });

  it('takes an answer that comes late, as long as it has sent nothing of version 1', () => {
    const client = waiting();
    for (client.now = 250; client.now < 5000; client.now += 250) {
      client.receive('\n');
      client.tick();
      expect(client.writes()).toEqual(['\n']);
    }
    expect(client.session.protocol).toBeUndefined();
    client.receive(OPENING);
    expect(client.session.protocol).toBe(2);
    client.write('hi');
    expect(client.wire()).toMatch(/^-2 a1 .*\n1 hi\n$/);
  });

  it('ends the link when the answer comes after it has sent in version 1, and sends the same in version 2', () => {
    const client = waiting();
    client.write('hi');
    expect(client.pass(250)).toBe('00hi\n');
    client.receive(OPENING);
    expect(client.ends).toEqual(['down: version']);
    expect(client.errors).toEqual([]);
    client.open();
    expect(client.wire()).toBe('board\n-2\n');
    client.receive(OPENING);
    expect(client.wire()).toMatch(/^-2 a1 .*\n1 hi\n$/);
    expect(client.session.unacked).toBe(1);
  });

  it('waits a whole timeout for the answer once one has come late', () => {
    const client = waiting();
    client.write('hi');
    client.pass(250);
    client.receive(OPENING);
    client.open();
    client.writes();
    client.receive('\n');
    expect(client.pass(750)).toBe('');
    expect(client.pass(250)).toBe('00hi\n');
  });

  it('ends the link over an opening line where it has offered nothing: no server says it then', () => {
    const client = new BenchV2({ role: 'client', protocol: 1 });
    client.open();
    expect(client.writes()).toEqual(['board\n']);
    client.receive(`\n${OPENING}`);
    expect(client.ends).toEqual(['down: protocol-error']);
    expect(client.errors).toEqual(['ERR_BAD_FRAME']);
  });

  it('without drawEpoch speaks version 1', () => {
    const client = new Bench({ role: 'client', id: 'board' });
    client.open();
    expect(client.writes()).toEqual(['board\n']);
  });
});

describe('a client that has carried messages of version 1', () => {
  it('offers on each tenth link only', () => {
    const client = carried();
    const hellos = Array.from({ length: 20 }, () => {
      const said = hello(client);
      client.receive('\n');
      client.cut();
      return said;
    });
    const offers = hellos.flatMap((said, i) => (said === 'board\n-2\n' ? [i] : []));
    expect(offers).toEqual([9, 19]);
  });

  it('acks a line late, whose sender hangs, on a link that offers and has no answer', () => {
    const client = new BenchV2({ role: 'client', ackWhen: 'read' });
    client.open();
    client.receive('\n00first\n');
    expect(client.lines()).toEqual(['first']);
    for (let i = 0; i < 9; i++) {
      client.cut();
      expect(hello(client)).toBe('board\n');
      client.receive('\n');
    }
    client.receive('01unsafe\n');
    client.cut();
    expect(client.lines()).toEqual(['unsafe']);
    expect(hello(client)).toBe('board\n-2\n');
    client.receive('\n');
    expect(client.pass(5000)).toBe('01\n');
  });

  it('does not offer while a message of its own is unacked', () => {
    const client = carried();
    client.write('hi');
    for (let i = 0; i < 15; i++) {
      expect(hello(client)).toBe('board\n');
      client.receive('\n');
      expect(client.wire()).toBe('00hi\n');
      client.cut();
    }
    client.open();
    client.writes();
    client.receive('\n00\n');
    client.cut();
    expect(hello(client)).toBe('board\n-2\n');
  });

  it('ends the link when the server has messages of version 1 that are unacked, and goes on in version 1', () => {
    const client = carried();
    for (let i = 0; i < 9; i++) {
      hello(client);
      client.cut();
    }
    expect(hello(client)).toBe('board\n-2\n');
    client.receive(opening({ unacked: 1 }));
    expect(client.ends.at(-1)).toBe('down: version');
    expect(client.writes()).toEqual([]);
    expect(hello(client)).toBe('board\n');
  });

  it('goes on in version 2 when the server has none', () => {
    const client = carried();
    for (let i = 0; i < 9; i++) {
      hello(client);
      client.cut();
    }
    hello(client);
    client.receive(OPENING);
    expect(client.session.protocol).toBe(2);
    expect(client.wire()).toMatch(/^-2 /);
  });

  it('offers always once both ends have spoken version 2, and takes it whatever the server has unacked', () => {
    const client = BenchV2.met('client');
    client.cut();
    // Another program answers, which speaks version 1.
    client.open();
    client.writes();
    client.receive('\n01hi\n');
    expect(client.wire()).toBe('01\n');
    for (let i = 0; i < 12; i++) {
      client.cut();
      expect(hello(client)).toBe('board\n-2\n');
    }
    client.receive(opening({ epoch: 'b1', unacked: 3 }));
    expect(client.session.protocol).toBe(2);
  });
});

describe('a client whose offers are not answered', () => {
  const lose = (client: BenchV2) => {
    const said = hello(client);
    client.pass(2000, { silent: true });
    expect(client.ends.at(-1)).toBe('down: no-first-byte');
    return said;
  };

  it('tries one link without, after two in a row without a first byte', () => {
    const client = new BenchV2({ role: 'client' });
    expect(Array.from({ length: 7 }, () => lose(client))).toEqual([
      'board\n-2\n',
      'board\n-2\n',
      'board\n',
      'board\n-2\n',
      'board\n-2\n',
      'board\n',
      'board\n-2\n',
    ]);
  });

  it('counts those in a row only', () => {
    const client = new BenchV2({ role: 'client' });
    lose(client);
    hello(client);
    client.receive('\n');
    client.cut();
    expect([lose(client), lose(client), lose(client)]).toEqual(['board\n-2\n', 'board\n-2\n', 'board\n']);
  });

  it('does not count those on which the server has turned it away, or asked who it is', () => {
    const client = new BenchV2({ role: 'client' });
    for (const answer of ['!duplicate duplicate\n', opening({ window: 0, longest: 0 })]) {
      for (let i = 0; i < 3; i++) {
        expect(hello(client)).toBe('board\n-2\n');
        client.receive(answer);
        client.cut();
      }
    }
  });

  it('offers on each link all the same once both ends have spoken version 2', () => {
    const client = BenchV2.met('client');
    client.cut();
    for (let i = 0; i < 5; i++) expect(lose(client)).toBe('board\n-2\n');
  });
});

describe('a server', () => {
  it('answers an offer at once, in place of its first keepalive', () => {
    const server = new BenchV2();
    server.open();
    server.receive('-2\n');
    expect(server.writes()).toEqual(['-2 a1 0 - 0 0 262144 1024 65536 0\n']);
    expect(server.session.protocol).toBeUndefined();
    server.receive(OPENING);
    expect(server.session.protocol).toBe(2);
  });

  it('answers an offer after its first keepalive, split at every byte and however late', () => {
    const server = new BenchV2();
    server.write('hi');
    server.open();
    expect(server.writes()).toEqual(['\n']);
    for (const byte of '-2\n') {
      expect(server.wire()).toBe('');
      server.now += 600;
      server.receive(byte);
    }
    expect(server.wire()).toMatch(/^-2 a1 /);
  });

  it('holds its messages until the opening line of the client', () => {
    const server = new BenchV2();
    server.write('free', { wait: false });
    server.write('unsafe', { qos: false });
    server.open();
    server.receive('-2\n');
    expect(server.wire()).toMatch(/^-2 a1 \S+ \S+ \S+ \S+ \S+ \S+ \S+ 0\n$/);
    server.receive('\n\n');
    server.now = 250;
    server.tick();
    expect(server.writes()).toEqual(['\n']);
    server.receive(OPENING);
    expect(server.wire()).toBe(' unsafe\n1 free\n');
  });

  it('ends the link when a line of version 1 comes after an offer', () => {
    for (const line of ['00hi\n', '05\n', 'ffhi\n', '-2\n']) {
      const server = new BenchV2();
      server.write('hi');
      server.open();
      server.receive('-2\n');
      server.writes();
      server.receive(line);
      expect(server.ends).toEqual(['down: version']);
      expect(server.lines()).toEqual([]);
      expect(server.session.unsent()).toBe(1);
    }
  });

  it('answers an offer that comes with a line of version 1, or its client would not know, and ends the link', () => {
    const server = new BenchV2();
    server.open();
    expect(server.writes()).toEqual(['\n']);
    server.receive('-2\n00hi\n');
    expect(server.ends).toEqual(['down: version']);
    expect(server.writes()).toEqual(['-2 a1 0 - 0 0 262144 1024 65536 0\n']);
    expect(server.lines()).toEqual([]);
  });

  it('says in its opening line how many messages of version 1 are unacked', () => {
    const server = new BenchV2();
    server.open();
    server.receive('\n');
    server.write('old');
    expect(server.wire()).toBe('00old\n');
    server.cut();
    server.open();
    server.receive('-2\n');
    expect(server.wire()).toMatch(/^-2 a1 .* 1\n$/);
    server.receive(opening({ unacked: 0 }));
    expect(server.wire()).toBe('1 old\n');
  });

  it('takes an offer only as the first thing after the hello: after a keepalive it is not a frame', () => {
    const server = new BenchV2();
    server.open();
    server.receive('\n-2\n');
    expect(server.session.protocol).toBe(1);
    expect(server.ends).toEqual(['down: protocol-error']);
  });

  it.each([
    ['-1\n', 'of another number'],
    ['-2 \n', 'with a space'],
    ['-2x\n', 'with more after it'],
    ['- 2\n', 'with a space within'],
    ['--2\n', 'with two signs'],
  ])('is no server of version 2 to an offer %j, %s', (line) => {
    const server = new BenchV2();
    server.open();
    server.receive(line);
    expect(server.session.protocol).toBe(1);
    expect(server.ends).toEqual(['down: protocol-error']);
  });

  it.each(['-2\n', '-2\n\n', '-2\n00hi\n'])(
    'of version 1 alone ignores an offer, split at every byte: %j',
    (said) => {
      for (const chunks of [[said], said.split('')]) {
        const server = new BenchV2({ protocol: 1 });
        server.write('x');
        server.open();
        expect(server.writes()).toEqual(['\n']);
        for (const chunk of chunks) server.receive(chunk);
        expect(server.ends).toEqual([]);
        expect(server.session.protocol).toBe(1);
        server.receive('01more\n');
        expect(server.lines().at(-1)).toBe('more');
        expect(server.wire()).toMatch(/01\n/);
        expect(server.errors).toEqual([]);
      }
    },
  );

  it('of version 1 alone ignores one offer a link only', () => {
    const server = new BenchV2({ protocol: 1 });
    server.open();
    server.receive('-2\n-2\n');
    expect(server.ends).toEqual(['down: protocol-error']);
  });

  it('goes on in version 1 with a client that offers nothing', () => {
    const server = new BenchV2();
    server.open();
    server.write('hi');
    server.receive('\n');
    expect(server.wire()).toBe('00hi\n');
    expect(server.session.protocol).toBe(1);
  });
});

describe('lines that are pending when the other end turns out to speak the other version', () => {
  it('go out in version 1, in the order of their writes, and are pending in both until that is clear', () => {
    const client = BenchV2.met('client');
    client.write('one');
    client.write('two');
    client.write('unsafe', { qos: false });
    expect(client.wire()).toBe(' unsafe\n1 one\n2 two\n');
    client.cut();
    client.open();
    client.writes();
    client.receive('\n');
    client.write('three');
    expect(client.pass(250)).toBe('00one\n');
    expect(client.session.unacked).toBe(2);
    client.receive('00\n');
    expect(client.session.unacked).toBe(0);
    expect(client.wire()).toBe('01two\n');
    client.receive('01\n');
    expect(client.wire()).toBe('02three\n');
    client.receive('02\n');
    expect(client.settled).toEqual([2, 0, 1, 3]);
  });

  it('go on in version 2 with their numbers when the answer was only late', () => {
    const client = BenchV2.met('client');
    client.write('one');
    client.write('two');
    expect(client.wire()).toBe('1 one\n2 two\n');
    client.cut();
    client.open();
    client.writes();
    client.receive('\n');
    expect(client.pass(250)).toBe('00one\n');
    client.receive(OPENING);
    expect(client.ends.at(-1)).toBe('down: version');
    expect(client.meet({ known: 'a1', taken: 1, received: 1 })).toMatch(/^-2 a1 1 .*\n2 two\n$/);
    expect(client.settled).toEqual([0]);
    client.receive('+2 2 1000 0\n');
    expect(client.settled).toEqual([0, 1]);
    expect(client.session.unacked).toBe(0);
    expect(client.session.unsent()).toBe(0);
  });

  it('are sent once in version 2 when the link of version 1 was lost before it was clear', () => {
    const client = BenchV2.met('client');
    client.write('one');
    client.wire();
    client.cut();
    client.open();
    client.writes();
    client.receive('\n');
    client.write('two');
    expect(client.pass(250)).toBe('00one\n');
    expect(client.meetAgain()).toMatch(/^-2 a1 0 .*\n1 one\n2 two\n$/);
    expect(client.session.unsent()).toBe(0);
  });

  it.each(ROLES)('keep their ids on later links of version 1, though none was clear (%s)', (role) => {
    const bench = BenchV2.met(role);
    bench.write('one');
    bench.write('two', { wait: false });
    bench.wire();
    const sent: string[] = [];
    for (let i = 0; i < 3; i++) {
      bench.cut();
      bench.open();
      bench.writes();
      bench.receive('\n');
      sent.push(bench.pass(250));
    }
    expect(sent).toEqual(['00one\n', '00one\n', '00one\n']);
    bench.receive('00\n');
    expect(bench.wire()).toBe('01two\n');
    bench.receive('01\n');
    expect(bench.wire()).toBe('');
    expect(bench.settled).toEqual([0, 1]);
  });

  it('begin with a later number in version 2 when version 1 has settled them', () => {
    const client = BenchV2.met('client');
    client.write('one');
    client.wire();
    client.cut();
    client.open();
    client.writes();
    client.receive('\n');
    client.pass(250);
    client.receive('00\n');
    client.write('two');
    expect(client.meetAgain({ known: 'a1' })).toMatch(/^-2 a1 1 .*\n2 two\n$/);
  });

  it('are sent once in version 2 that were pending in version 1, in the order of their writes', () => {
    const server = new BenchV2();
    server.open();
    server.receive('\n');
    server.write('one');
    server.write('two');
    server.write('free', { wait: false });
    expect(server.wire()).toBe('00one\n');
    expect(server.meetAgain()).toMatch(/^-2 a1 0 - 0 0 \S+ \S+ \S+ 1\n1 one\n2 two\n3 free\n$/);
    server.receive('+3 3 1000 0\n');
    expect(server.settled).toEqual([0, 1, 2]);
  });
});

describe.each(ROLES)('the record of a %s in version 2', (role) => {
  it('outlives a link of version 1: what came before is not taken again', () => {
    const bench = BenchV2.met(role);
    bench.receive('1 one\n2 two\n');
    bench.wire();
    bench.cut();
    bench.open();
    bench.writes();
    bench.receive('\n');
    bench.receive('01old\n');
    expect(bench.wire()).toContain('01\n');
    expect(bench.meetAgain()).toMatch(/^-2 a1 0 b1 2 2 /);
    bench.receive('2 two\n3 three\n');
    expect(bench.lines()).toEqual(['one', 'two', 'old', 'three']);
  });
});
