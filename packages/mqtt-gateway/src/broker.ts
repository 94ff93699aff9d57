/**
 * The link to the broker: MQTT 5, or 3.1.1 with a broker that knows no other. The broker keeps the session while this
 * process is away: its subscriptions, and messages for them.
 */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { DEFAULT_BROKER_URL, DEFAULT_CLIENT_ID, parseBrokerUrl } from './broker-url.js';
import type { GatewayEvent } from './events.js';

export interface BrokerOptions {
  /** `mqtt`, `mqtts`, `ws` or `wss`, with a user and a password if the broker wants them. Default `mqtt://127.0.0.1:1883`. */
  readonly url?: string | undefined;
  /** The name of this gateway at the broker, which no other client may have. Default `iot-gateway`. */
  readonly clientId?: string | undefined;
  /** Who may sign the broker's certificate, PEM. Default: those that Node knows. */
  readonly ca?: string | undefined;
  /** The certificate of this gateway, PEM. Default: none. */
  readonly cert?: string | undefined;
  /** The private key of `cert`, PEM. */
  readonly key?: string | undefined;
}

/** Answers of brokers that do not know MQTT 5. */
const UNKNOWN_VERSION: readonly unknown[] = [1, 0x84];
/** MQTT 5: another client has connected with the same client id. */
const SESSION_TAKEN_OVER = 0x8e;
/** Not all brokers say that; then this many links in a row end within this time of their beginning. */
const SHORT_LINKS = 3;
const SHORT_MS = 5000;

/** @throws UsageError `ERR_BAD_OPTION` for a URL that is none */
export function brokerSettings(options: BrokerOptions, will: IClientOptions['will']): IClientOptions {
  const { url = DEFAULT_BROKER_URL, clientId = DEFAULT_CLIENT_ID, ca, cert, key } = options;
  return {
    ...parseBrokerUrl(url),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 0xffff_ffff }, // never, as with MQTT 3.1.1
    resubscribe: false,
    reconnectOnConnackError: true,
    will,
  };
}

/** Connects, and connects again until it is ended. */
export function connectBroker(settings: IClientOptions, report: (event: GatewayEvent) => void): MqttClient {
  const broker = connect(settings);
  broker.on('connect', () => report({ type: 'broker', up: true }));
  broker.on('offline', () => report({ type: 'broker', up: false }));
  broker.on('error', (error) => {
    const { code } = error as { code?: unknown };
    if (broker.options.protocolVersion === 5 && UNKNOWN_VERSION.includes(code)) {
      broker.options.protocolVersion = 4; // for the next link
    } else report({ type: 'trouble', message: error.message || error.name });
  });
  return broker;
}

/**
 * Reports when another client has the client id: each then ends the link of the other, again and again.
 *
 * @param underWay true while the broker may end the link over what was sent
 */
export function watchForTakeOver(
  broker: MqttClient,
  underWay: () => boolean,
  report: (event: GatewayEvent) => void,
): void {
  const clientId = broker.options.clientId!;
  let began = -Infinity;
  let short = 0;
  /** Once while it goes on. */
  let told = false;
  const tell = (certain: boolean): void => {
    if (!told) report({ type: 'taken over', clientId, certain });
    told = true;
  };
  broker.on('connect', () => {
    began = performance.now();
  });
  broker.on('disconnect', ({ reasonCode }) => {
    if (reasonCode === SESSION_TAKEN_OVER) tell(true);
  });
  broker.on('close', () => {
    const wasShort = performance.now() - began < SHORT_MS;
    began = -Infinity;
    short = wasShort && !underWay() ? short + 1 : 0;
    if (short >= SHORT_LINKS) tell(false);
    else if (!wasShort) told = false;
  });
}
