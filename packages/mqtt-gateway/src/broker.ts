/**
 * The link to the broker. It uses MQTT 5, or MQTT 3.1.1 if the broker does not support MQTT 5. The MQTT session is
 * persistent: while the gateway is not connected, the broker keeps its subscriptions and the messages for them.
 */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { DEFAULT_BROKER_URL, DEFAULT_CLIENT_ID, parseBrokerUrl } from './broker-url.js';
import type { GatewayEvent } from './events.js';

export interface BrokerOptions {
  /**
   * URL of the broker: `mqtt`, `mqtts`, `ws` or `wss`, with a user and a password if the broker requires them. Default
   * `mqtt://127.0.0.1:1883`.
   */
  readonly url?: string | undefined;
  /** The client id of this gateway at the broker. No other client may use it. Default `iot-gateway`. */
  readonly clientId?: string | undefined;
  /** Certificates of the authorities that may sign the broker's certificate, PEM. Default: those of Node. */
  readonly ca?: string | undefined;
  /** The certificate of this gateway for the broker, PEM. Default: none. */
  readonly cert?: string | undefined;
  /** The private key of `cert`, PEM. */
  readonly key?: string | undefined;
}

/** Codes with which brokers refuse MQTT 5 as an unknown version. */
const UNKNOWN_VERSION: readonly unknown[] = [1, 0x84];
/** MQTT 5: another client has connected with the same client id. */
const SESSION_TAKEN_OVER = 0x8e;
/**
 * Not every broker sends `SESSION_TAKEN_OVER`. So a takeover is also assumed when this number of links in a row have each
 * lasted less than `SHORT_MS`.
 */
const SHORT_LINKS = 3;
const SHORT_MS = 5000;

/** The settings for MQTT.js. @throws UsageError `ERR_BAD_OPTION` for a URL that cannot be used */
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

/** Connects to the broker. MQTT.js connects again after each outage, until the returned client is ended. */
export function connectBroker(settings: IClientOptions, report: (event: GatewayEvent) => void): MqttClient {
  const broker = connect(settings);
  broker.on('connect', () => report({ type: 'broker', up: true }));
  broker.on('offline', () => report({ type: 'broker', up: false }));
  broker.on('error', (error) => {
    const { code } = error as { code?: unknown };
    if (broker.options.protocolVersion === 5 && UNKNOWN_VERSION.includes(code)) {
      broker.options.protocolVersion = 4; // MQTT 3.1.1, for the next link
    } else report({ type: 'trouble', message: error.message || error.name });
  });
  return broker;
}

/**
 * Reports when another client uses the same client id. Then each of the two clients ends the link of the other, again and
 * again.
 *
 * @param underWay true while sent messages have no answer. The broker may then end the link because of one of them, so a
 * short link does not show a takeover.
 */
export function watchForTakeOver(
  broker: MqttClient,
  underWay: () => boolean,
  report: (event: GatewayEvent) => void,
): void {
  const clientId = broker.options.clientId!;
  let began = -Infinity;
  let short = 0;
  /** True once it was reported. A link that lasts sets it to false again. */
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
