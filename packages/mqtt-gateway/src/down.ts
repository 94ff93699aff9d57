/**
 * Broker to board. A message is acked to the broker only when its board has acked the line, or with a store when the line is
 * stored: until then the broker keeps it, and sends it again on its next link if this process or the link ends.
 *
 * What the broker sends again is told from a new message by its packet identifier, its DUP flag, its topic and its text:
 * it is not written to the board a second time while this process runs, and with a store (`once.ts`) not by the next one.
 */
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { ClosedError, UsageError, type Connection, type Server } from '@iot/server';
import type { IPublishPacket, MqttClient } from 'mqtt';
import type { DeadLetters } from './dead-letters.js';
import type { GatewayEvent } from './events.js';
import type { WrittenOnce } from './once.js';
import type { Responses } from './responses.js';

/** Longest time that a timer can wait; what expires later has no timer. */
const LONGEST_MS = 2 ** 31 - 1;

/** To the MQTT client: go on with the next packet, and send no ack. */
const LATER = new Error('acked later');
const EXPIRED = new Error('expired');

export interface DownOptions {
  readonly broker: MqttClient;
  readonly server: Server;
  /** With a store. */
  readonly once: WrittenOnce | undefined;
  /** The board that a topic is for; undefined for a topic of another kind. */
  readonly idOf: (topic: string) => string | undefined;
  /** Takes the messages of topics of another kind. */
  readonly other: (topic: string, text: string) => void;
  readonly deadLetters: DeadLetters;
  readonly responses: Responses;
  readonly report: (event: GatewayEvent) => void;
  /** True once the gateway is being closed. */
  readonly closing: () => boolean;
  /** The gateway cannot go on. */
  readonly failed: (error: unknown) => void;
}

/** A message whose board has not acked it. */
interface Held {
  readonly hash: string;
  ack: () => void;
}

export class Down {
  readonly #options: DownOptions;
  /** By packet identifier: those that the broker has not been acked. */
  readonly #held = new Map<number, Held>();
  /** By packet identifier, the last message that the broker was acked with it; it may not have got the ack. */
  readonly #acked: Map<number, string>;
  /** Boards that have not come since the start, each with its connection to be. */
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
      this.#held.clear(); // identifiers begin again
      this.#acked.clear();
    });
    broker.handleMessage = (packet, callback) => {
      this.#arrived(packet, callback);
    };
  }

  /** @param answer with `LATER`: goes on without an ack; without an argument: sends the ack */
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
    if (this.#held.get(messageId) !== held) return; // the broker has begun another session
    this.#held.delete(messageId);
    if (!done) return;
    this.#acked.set(messageId, held.hash);
    held.ack();
  }

  /** False when the broker is to keep the message. */
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

  /** Resolves when the broker may have the ack. Rejects with a ClosedError when the server is closed. */
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
        // A line that is only stored may expire yet, unless it has been sent.
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
        // When this board's connection was closed it is waited for again.
        if (error instanceof ClosedError && !this.#options.closing()) continue;
        expiry.end();
        if (!(error instanceof UsageError)) throw error;
        return await this.#putAside(packet, id, line, error.message);
      }
    }
  }

  /** The connection of a board, up or down; one that has never come is waited for. */
  async #board(id: string, signal: AbortSignal): Promise<Connection> {
    const { server } = this.#options;
    if (!this.#coming.has(id) && server.has(id)) return server.get(id);
    // One wait for all messages of a board: they are written in the order in which they came.
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

/** When a message is not to be written any more. */
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

/** What it resolves with, unless the signal comes first: then it rejects with the reason. */
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
