/**
 * Runs healthy clients and hostile clients at the same server. The healthy clients write lines, which the
 * server sends back. No line may be lost or doubled, no healthy link may be lost, and no session may remain
 * at the end.
 */
import { connect, type Client } from '@iot/client';
import { listen, type Connection, type Server } from '@iot/server';
import { Random } from '@iot/simulation';
import { Tally } from '../tally.js';
import { ATTACKS, play } from './attacks.js';
import { recordings } from './recordings.js';

export interface CrowdOptions {
  readonly seed: number;
  readonly healthy: number;
  /** Attacks that run at the same time. */
  readonly atATime: number;
  /** Called before each attack with the number of attacks so far. Returns whether to start another one. */
  readonly goesOn: (attacks: number) => boolean;
  /** Called after each attack. */
  readonly over?: (name: string) => void;
}

export interface CrowdResult {
  /** By name. */
  readonly attacks: Readonly<Record<string, number>>;
  /** Lines that came back to the healthy clients. */
  readonly lines: number;
  /** Texts about failures of healthy clients. */
  readonly harm: readonly string[];
}

/** Longer than any delay of a process on a busy machine. */
const TIMEOUT_MS = 10_000;
/** Fewer than the number of hostile ids, so that sessions are constantly refused and forgotten. */
const SESSIONS = 200;
const FORGET_AFTER_MS = 500;
/** How long an attacker stays connected after its last byte, in ms. */
const STAYS_MS = 400;
/** Lines in flight of one healthy client. */
const IN_FLIGHT = 4;
const KEY = Buffer.alloc(32, 7);

export async function crowd(options: CrowdOptions): Promise<CrowdResult> {
  const { seed, healthy, atATime, goesOn, over } = options;
  const random = new Random(seed);
  const ids = Array.from({ length: healthy }, (_, at) => `healthy ${at}`);
  await using server = await listen({
    port: 0,
    host: '127.0.0.1',
    tls: { port: 0, psk: () => KEY },
    timeout: TIMEOUT_MS,
    expected: ids,
    maxSessions: SESSIONS,
    forgetAfterMs: FORGET_AFTER_MS,
    maxLineBytes: 1000,
  });
  server.on('client', (connection) => void sendBack(connection));
  const members = await Promise.all(ids.map((id) => Member.join(id, server)));
  const counts: Record<string, number> = {};
  const played = recordings();
  let begun = 0;
  const lane = async (number: number): Promise<void> => {
    const from = `127.9.${1 + (number % 50)}.1`;
    while (goesOn(begun)) {
      begun += 1;
      const name = random.pick(Object.keys(ATTACKS));
      const ports = { port: server.address.port, tlsPort: server.tlsAddress!.port };
      await play(name, { ...ports, random, from, staysMs: STAYS_MS, recordings: played });
      counts[name] = (counts[name] ?? 0) + 1;
      over?.(name);
    }
  };
  await Promise.all(Array.from({ length: atATime }, (_, number) => lane(number)));
  const harm = (await Promise.all(members.map((member) => member.leave(server)))).flat();
  return { attacks: counts, lines: members.reduce((sum, { lines }) => sum + lines, 0), harm };
}

/** Sends every line back to its client. A client that does not read fills its own buffer. */
async function sendBack(connection: Connection): Promise<void> {
  try {
    for await (const line of connection) await connection.write(line, { wait: false });
  } catch {
    // The connection was closed: its client was forgotten.
  }
}

/** A healthy client. */
class Member {
  readonly #client: Client;
  readonly #sent: Tally;
  readonly #writing: Promise<void>;
  #leaving = false;
  #written = 0;

  private constructor(client: Client) {
    this.#client = client;
    this.#sent = new Tally(client.id);
    this.#writing = Promise.all(Array.from({ length: IN_FLIGHT }, () => this.#lane())).then(() => undefined);
  }

  static async join(id: string, server: Server): Promise<Member> {
    const { address: host, port } = server.address;
    const client = connect({ id, host, port, timeout: TIMEOUT_MS });
    await client.ready();
    return new Member(client);
  }

  get lines(): number {
    return this.#sent.count;
  }

  /** Stops writing, waits for the lines in flight and disconnects. Returns the failures. */
  async leave(server: Server): Promise<string[]> {
    this.#leaving = true;
    await this.#writing;
    const client = this.#client;
    const there = server.get(client.id);
    const harm: string[] = [];
    if (!this.#sent.isRight(this.#written)) harm.push(String(this.#sent));
    if (client.connects !== 1 || there.connects !== 1)
      harm.push(`${client.id}: its link was lost, and came up ${client.connects} times`);
    if (client.stats.duplicatesDropped > 0 || there.stats.protocolErrors > 0)
      harm.push(`${client.id}: ${JSON.stringify([client.stats, there.stats])}`);
    await client.close();
    return harm;
  }

  async #lane(): Promise<void> {
    while (!this.#leaving) {
      const write = this.#client.write(this.#sent.line(this.#written++));
      const line = await this.#client.readline();
      this.#sent.delivered(line);
      await write;
    }
  }
}
