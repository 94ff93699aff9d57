/**
 * Messages from the broker to the boards. Each message is written to its board as one line.
 *
 * The gateway acks a message to the broker only when the board has acked the line; with a store, when the line is stored.
 * Until then the broker keeps the message. If the link or this process ends, the broker sends it again on the next link.
 *
 * A repeated message is recognised by its packet identifier, its DUP flag, its topic and its text. It is not written to the
 * board a second time while this process runs. With a store, the next process does not write it again either (`once.ts`).
 */
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { ClosedError, UsageError, type Connection, type Server } from '@iot/server';
import type { IPublishPacket, MqttClient } from 'mqtt';
import type { DeadLetters } from './dead-letters.js';
import type { GatewayEvent } from './events.js';
import type { WrittenOnce } from './once.js';
import type { Responses } from './responses.js';

/** Longest time of a timer. A message that expires later has no timer. */
const LONGEST_MS = 2 ** 31 - 1;

/** As the result of `handleMessage`, it makes MQTT.js continue with the next packet and send no ack for this one. */
const LATER = new Error('acked later');
const EXPIRED = new Error('expired');

export interface DownOptions {
  readonly broker: MqttClient;
  readonly server: Server;
  /** Undefined without a store. */
  readonly once: WrittenOnce | undefined;
  /** The id of the board that a topic is for; undefined for a topic that is not for a board. */
  readonly idOf: (topic: string) => string | undefined;
  /** Called with the messages of topics that are not for a board. */
  readonly other: (topic: string, text: string) => void;
  readonly deadLetters: DeadLetters;
  readonly responses: Responses;
  readonly report: (event: GatewayEvent) => void;
  /** True once the gateway is being closed. */
  readonly closing: () => boolean;
  /** Called when the gateway cannot continue. */
  readonly failed: (error: unknown) => void;
}

/** A message that has not been acked to the broker. `ack` sends the ack on the link on which it came last. */
interface Held {
  readonly hash: string;
  ack: () => void;
}

export class Down {
  readonly #options: DownOptions;
  /** Messages that have not been acked to the broker, by packet identifier. */
  readonly #held = new Map<number, Held>();
  /**
   * Hash of the last message that was acked, by packet identifier. If the ack was lost, the broker sends the message again.
   */
  readonly #acked: Map<number, string>;
  /** Promises of the connections of boards that have no session yet, by id. */
  readonly #coming = new Map<string, Promise<Connection>>();
  #link = 0;

  constructor(options: DownOptions) {
    this.#options = options;
    const { broker, once, failed } = options;
    this.#acked = new Map(once?.delivered);
    broker.on('connect', ({ sessionPresent }) => {
      this.#link += 1;
      if (sessionPresent) return;
      once?.newSession().catch(failed);
      this.#held.clear(); // in a new session of the broker the old packet identifiers have no meaning
      this.#acked.clear();
    });
    broker.handleMessage = (packet, callback) => {
      this.#arrived(packet, callback);
    };
  }

  /** @param answer called with `LATER`: continue without an ack; called without an argument: send the ack */
  #arrived(packet: IPublishPacket, answer: (error?: Error) => void): void {
    const { messageId } = packet;
    if (messageId === undefined) {
      answer();
      void this.#deliver(packet, '');
      return;
    }
    answer(LATER);
    const link = this.#link;
    const { broker } = this.#options;
    const ack = (): void => {
      if (this.#link === link && broker.connected) answer();
    };
    const hash = createHash('sha256')
      .update(packet.topic)
      .update('\0')
      .update(packet.payload)
      .digest('base64');
    const before = this.#held.get(messageId);
    if (packet.dup && before?.hash === hash) before.ack = ack;
    else if (packet.dup && this.#acked.get(messageId) === hash) ack();
    else void this.#hold(packet, messageId, { hash, ack });
  }

  async #hold(packet: IPublishPacket, messageId: number, held: Held): Promise<void> {
    this.#held.set(messageId, held);
    const done = await this.#deliver(packet, held.hash);
    if (this.#held.get(messageId) !== held) return; // the broker has begun a new session, or reused the identifier
    this.#held.delete(messageId);
    if (!done) return;
    this.#acked.set(messageId, held.hash);
    held.ack();
  }

  /** Returns false when the message must not be acked, so that the broker keeps it. */
  async #deliver(packet: IPublishPacket, hash: string): Promise<boolean> {
    const { idOf, other, failed } = this.#options;
    const { topic } = packet;
    const payload = Buffer.from(packet.payload);
    const id = idOf(topic);
    if (id === undefined) {
      other(topic, payload.toString());
      return true;
    }
    try {
      const line = payload.toString().replace(/\n$/, '');
      if (!isUtf8(payload))
        await this.#putAside(packet, id, payload.toString('base64'), 'it is not UTF-8', 'base64');
      else if (line === '' || line.includes('\n'))
        await this.#putAside(packet, id, payload.toString(), 'it is empty or has a newline inside');
      else await this.#write(packet, id, line, hash);
      return true;
    } catch (error) {
      if (error === EXPIRED) this.#expired(packet, id);
      else if (!(error instanceof ClosedError)) failed(error);
      return error === EXPIRED;
    }
  }

  /** Resolves when the message may be acked to the broker. Rejects with a ClosedError when the server is closed. */
  async #write(packet: IPublishPacket, id: string, line: string, hash: string): Promise<void> {
    const { messageId, properties } = packet;
    const expiry = new Expiry(properties?.messageExpiryInterval);
    for (;;) {
      try {
        const board = await this.#board(id, expiry.signal);
        const message = messageId === undefined ? undefined : { packet: messageId, hash };
        const note = message && this.#options.once?.expect(id, message, line);
        const written = board.write(line, { signal: expiry.signal }).finally(() => note?.withdraw());
        await (note === undefined ? written : Promise.race([note.stored, written]));
        // A line that is stored and not sent yet can still expire.
        written.then(
          () => {
            expiry.end();
            this.#options.responses.send(packet, id, { outcome: 'delivered' });
          },
          (error: unknown) => {
            expiry.end();
            if (error === EXPIRED) this.#expired(packet, id);
          },
        );
        return;
      } catch (error) {
        // The connection of this board was closed: wait until the board connects again.
        if (error instanceof ClosedError && !this.#options.closing()) continue;
        expiry.end();
        if (!(error instanceof UsageError)) throw error;
        return await this.#putAside(packet, id, line, error.message);
      }
    }
  }

  /** The connection of a board, which may be up or down. Waits for a board that has no session yet until it connects. */
  async #board(id: string, signal: AbortSignal): Promise<Connection> {
    const { server } = this.#options;
    if (!this.#coming.has(id) && server.has(id)) return server.get(id);
    // All messages of a board wait for the same promise, so they are written in the order in which they came.
    let coming = this.#coming.get(id);
    if (coming === undefined) {
      coming = server.client(id).finally(() => this.#coming.delete(id));
      coming.catch(() => undefined);
      this.#coming.set(id, coming);
    }
    return abortable(coming, signal);
  }

  #expired(packet: IPublishPacket, id: string): void {
    this.#options.report({ type: 'expired', id, topic: packet.topic });
    this.#options.responses.send(packet, id, { outcome: 'expired' });
  }

  async #putAside(
    packet: IPublishPacket,
    id: string,
    payload: string,
    why: string,
    encoding?: 'base64',
  ): Promise<void> {
    const { topic } = packet;
    const letter = { direction: 'down', id, topic, payload, ...(encoding && { encoding }), why } as const;
    await this.#options.deadLetters.put(letter);
    this.#options.responses.send(packet, id, { outcome: 'dead letter', why });
  }
}

/** The expiry of a message: `signal` is aborted when it has expired and must not be written any more. */
class Expiry {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(seconds = Infinity) {
    const abort = (): void => this.#controller.abort(EXPIRED);
    if (seconds * 1000 <= LONGEST_MS) this.#timer = setTimeout(abort, seconds * 1000);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** Waits for the promise until `signal` is aborted. Then it rejects with the reason of the signal. */
async function abortable<T>(wait: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([wait, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
