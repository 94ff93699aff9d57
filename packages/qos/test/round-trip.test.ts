import { describe, expect, it } from 'vitest';
import { Bench } from './bench.js';

const TIMEOUT = 1000;
const REPORT = /^ERR_ROUND_TRIP: .*2 × timeout \(2000 ms\).*raise the option timeout at both ends$/;

function errors(bench: Bench): string[] {
  return bench.events.flatMap((event) =>
    event.type === 'peer-error' ? [`${event.error.code}: ${event.error.message}`] : [],
  );
}

/** A link that this client gives up, since no byte comes. */
function silentLink(client: Bench): void {
  client.open();
  client.writes();
  client.pass(2 * TIMEOUT, { silent: true });
  expect(client.session.linkOpen).toBe(false);
}

/** A link whose client sends keepalives, or other frames too, for so long, and then ends it. */
function linkOf(server: Bench, ms: number, frames = ''): void {
  server.open();
  server.writes();
  if (frames !== '') server.receive(frames);
  server.pass(ms);
  server.session.linkClosed(server.now, 'fin');
  server.tick();
}

describe('a server', () => {
  it('allows the client two timeouts for its first byte, and one from then on', () => {
    const server = new Bench();
    server.open();
    server.now = 2 * TIMEOUT - 1;
    server.tick();
    expect(server.session.linkOpen).toBe(true);
    server.now = 2 * TIMEOUT;
    server.tick();
    expect(server.story).toEqual(['up', 'down: silence']);
    server.open();
    server.receive('\n');
    server.pass(TIMEOUT, { silent: true });
    expect(server.story).toEqual(['up', 'down: silence', 'up', 'down: silence']);
  });

  it('takes a repeat for a repeat that the client sends two timeouts after its hello, after keepalives', () => {
    const server = Bench.server();
    server.receive('05same\n');
    server.reconnect();
    server.pass(2 * TIMEOUT);
    server.receive('05same\n');
    expect(server.lines()).toEqual(['same']);
  });
});

describe('a round trip that exceeds two timeouts is reported once', () => {
  it('by a client that had no answer to three hellos in a row', () => {
    const client = new Bench({ role: 'client', id: 'board' });
    for (let n = 0; n < 2; n++) silentLink(client);
    expect(errors(client)).toEqual([]);
    for (let n = 0; n < 5; n++) silentLink(client);
    expect(errors(client)).toEqual([expect.stringMatching(REPORT)]);
  });

  it('by a server whose client ended three links in a row that long after its hello, and answered nothing', () => {
    const server = new Bench();
    server.write('unheard');
    for (let n = 0; n < 6; n++) linkOf(server, 2 * TIMEOUT);
    expect(errors(server)).toEqual([expect.stringMatching(REPORT)]);
  });

  it('and once more when it happens again after a link that was answered', () => {
    const client = new Bench({ role: 'client', id: 'board' });
    for (let n = 0; n < 3; n++) silentLink(client);
    client.reconnect();
    client.session.linkClosed(client.now, 'fin');
    for (let n = 0; n < 3; n++) silentLink(client);
    expect(errors(client)).toHaveLength(2);
  });
});

describe('it is not reported', () => {
  it('by a client whose links were ended by the server', () => {
    const client = new Bench({ role: 'client', id: 'board' });
    for (let n = 0; n < 5; n++) {
      client.open();
      client.now += 2 * TIMEOUT - 1;
      client.session.linkClosed(client.now, 'fin');
    }
    expect(errors(client)).toEqual([]);
  });

  it.each([
    ['ended at once', TIMEOUT / 4, ''],
    ['lasted', 10 * TIMEOUT, ''],
    ['brought a message', 2 * TIMEOUT, '00hi\n'],
    ['brought an ack', 2 * TIMEOUT, '00\n'],
  ])('by a server whose links %s', (_what, ms, frames) => {
    const server = new Bench();
    for (let n = 0; n < 5; n++) linkOf(server, ms, frames);
    expect(errors(server)).toEqual([]);
  });
});
