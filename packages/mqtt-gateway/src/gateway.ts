/**
 * `startGateway` connects boards to an MQTT broker. The gateway is a server for the boards and a client of the broker.
 *
 * - Up, from a board to the broker: the gateway acks a line to its board when the broker has acked it. With a store it acks
 *   the line when it is stored. If the process ends before the broker has the line, the board or the store still has it,
 *   and the next process publishes it. So the broker gets each line at least once, in the order of its board (`up.ts`).
 * - Down, from the broker to a board: see `down.ts`.
 */
import { listen, type Connection, type Server } from '@iot/server';
import type { MqttClient } from 'mqtt';
import { brokerSettings, connectBroker, watchForTakeOver } from './broker.js';
import { DEFAULT_CLIENT_ID } from './broker-url.js';
import { DeadLetters } from './dead-letters.js';
import { Down } from './down.js';
import { HomeAssistant } from './home-assistant.js';
import { gatewaySettings, type GatewayOptions } from './options.js';
import { WrittenOnce } from './once.js';
import { Outbox } from './outbox.js';
import { GATEWAY_OFFLINE, GATEWAY_ONLINE, Presence } from './presence.js';
import { Responses } from './responses.js';
import { Retained } from './retained.js';
import { Subscriptions } from './subscriptions.js';
import { up } from './up.js';

/** A running gateway. `startGateway` makes it. */
export interface Gateway extends AsyncDisposable {
  /** The server to which boards connect. If the option `port` is 0, `server.address.port` is the real port. */
  readonly server: Server;
  /**
   * Resolves once the gateway is closed. Rejects when the gateway cannot continue, for example because a dead letter cannot
   * be written. The message then counts as not handled, and the next process gets it again.
   */
  readonly closed: Promise<void>;
  /**
   * Closes the links to the boards. If the broker is connected, waits until it has acked what was published, and then closes
   * the link to it. Does not wait for a broker that is not connected. Idempotent. Resolves once everything is released, also
   * when `closed` rejects.
   */
  close(): Promise<void>;
}

/**
 * Starts a gateway. Resolves when it listens for boards. The broker need not be connected at that time, or at any time.
 *
 * @throws UsageError `ERR_BAD_OPTION` for options that cannot work, or a file of dead letters that cannot be opened
 * @throws LinkError `ERR_LISTEN` when the gateway cannot listen on the port and address
 */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const settings = gatewaySettings(options);
  const { topics, report } = settings;
  const clientId = settings.broker.clientId ?? DEFAULT_CLIENT_ID;
  const status = topics.gateway.topic({ gateway: clientId });
  const will = { topic: status, payload: Buffer.from(GATEWAY_OFFLINE), qos: 1, retain: true } as const;
  const mqtt = brokerSettings(settings.broker, will);
  const deadLetters = await DeadLetters.open(settings.deadLetters, report);
  const { store } = settings.server;
  const once = store && (await WrittenOnce.open(store));
  const server = await listen({ ...settings.server, store: once }).catch(async (error: unknown) => {
    await deadLetters.close();
    throw error;
  });

  const broker = connectBroker(mqtt, report);
  // Before the outbox is made: at the end of a link `outbox.underWay` must be read before the outbox resets it.
  watchForTakeOver(broker, () => outbox.underWay, report);
  const outbox = new Outbox(broker);
  const retained = new Retained(broker, outbox, report);
  const subscriptions = new Subscriptions(broker, outbox, report);
  const running = new RunningGateway({ server, broker, outbox, deadLetters, retained, once, status });
  const failed = (error: unknown): void => void running.close(error);

  const presence = new Presence(server, topics, retained, clientId);
  subscriptions.add(undefined, topics.status.filter);
  const homeAssistant = settings.homeAssistant && new HomeAssistant(settings.homeAssistant, topics, status);
  if (homeAssistant !== undefined) subscriptions.add(undefined, homeAssistant.statusTopic);

  new Down({
    broker,
    server,
    once,
    closing: () => running.closing,
    idOf: (topic) => topics.down.valueIn(topic, 'id'),
    other: (topic, text) => {
      presence.heard(topic, text);
      if (topic !== homeAssistant?.statusTopic || text !== 'online') return;
      retained.again((it) => homeAssistant.isConfigTopic(it));
    },
    deadLetters,
    responses: new Responses(outbox),
    report,
    failed,
  });
  server.on('client', (board: Connection) => {
    const { id } = board;
    subscriptions.add(id, topics.down.topic({ id }));
    presence.watch(board);
    const shown = homeAssistant?.payload(id);
    if (shown !== undefined) retained.set(homeAssistant!.configTopic(id), shown);
    board.on('close', (error) => {
      if (running.closing || error !== undefined) return; // only a board that was forgotten is removed from the broker
      subscriptions.remove(topics.down.topic({ id }));
      retained.set(topics.status.topic({ id }), '');
      if (shown !== undefined) retained.set(homeAssistant!.configTopic(id), '');
    });
    up(board, { ...settings, outbox, deadLetters }).catch(failed);
  });
  return running;
}

interface Parts {
  readonly server: Server;
  readonly broker: MqttClient;
  readonly outbox: Outbox;
  readonly deadLetters: DeadLetters;
  readonly retained: Retained;
  readonly once: WrittenOnce | undefined;
  /** The status topic of the gateway. */
  readonly status: string;
}

class RunningGateway implements Gateway {
  readonly closed: Promise<void>;
  /** True once `close` was called. */
  closing = false;
  readonly #parts: Parts;
  #end!: (end: Promise<void>) => void;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.closed = new Promise((resolve) => (this.#end = resolve));
    this.closed.catch(() => undefined); // if the application does not use `closed`, its rejection is not an error
    // Publish it on each link: when the previous link ended, the broker may have published our will.
    parts.broker.on('connect', () => {
      if (!this.closing) parts.retained.set(parts.status, GATEWAY_ONLINE);
    });
  }

  get server(): Server {
    return this.#parts.server;
  }

  /** @param error the reason, when the gateway cannot continue */
  close(error?: unknown): Promise<void> {
    if (!this.closing) {
      this.closing = true;
      this.#end(this.#close(error));
    }
    return this.closed.catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(error: unknown): Promise<void> {
    // With `await using`, both errors are reported if the release fails too.
    await using _parts = { [Symbol.asyncDispose]: () => this.#release() };
    if (error !== undefined) throw error as Error;
  }

  async #release(): Promise<void> {
    const { server, broker, outbox, deadLetters, retained, once, status } = this.#parts;
    await server.close();
    retained.set(status, GATEWAY_OFFLINE);
    const gone = new Promise<void>((resolve) => broker.once('close', () => resolve()));
    if (broker.connected) await Promise.race([outbox.answered(), gone]);
    await Promise.race([broker.endAsync(!broker.connected), gone]);
    await deadLetters.close();
    await once?.close();
  }
}
