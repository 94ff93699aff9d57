/** What a gateway can be told, checked, over its defaults. */
import { UsageError, type ListenOptions } from '@iot/server';
import type { BrokerOptions } from './broker.js';
import { readValue } from './config/shape.js';
import type { GatewayEvent } from './events.js';
import { HOME_ASSISTANT, type HomeAssistantOptions } from './home-assistant.js';
import { TopicTemplate } from './topics.js';

/** Topic templates: levels in braces are replaced by the id of the board, and so on. */
export interface TopicOptions {
  /** Lines from a board. Default `iot/{id}/up`. */
  readonly up?: string | undefined;
  /** Lines for a board. Default `iot/{id}/down`. */
  readonly down?: string | undefined;
  /** Whether a board is there. Default `iot/{id}/status`. */
  readonly status?: string | undefined;
  /** A field of a line that is a JSON object. Default `iot/{id}/up/{field}`. */
  readonly field?: string | undefined;
  /** Whether this gateway is there; `{gateway}` is its client id. Default `iot-gateway/{gateway}/status`. */
  readonly gateway?: string | undefined;
}

export interface GatewayOptions {
  /**
   * As for `listen` of @iot/server, which the gateway calls. `ackWhen` is `'done'`: a board is acked a line when the broker
   * has it. With a `store` it is `'received'`: a board is acked when the line is stored, and does not wait for the broker;
   * then `maxUnreadLines` is 100,000 and `maxUnreadBytes` 64 MiB for each board unless given.
   */
  readonly server?: ListenOptions | undefined;
  readonly broker?: BrokerOptions | undefined;
  readonly topics?: TopicOptions | undefined;
  /** The broker retains the last line of each board. Default false. */
  readonly retain?: boolean | undefined;
  /** Publishes each field of a line that is a JSON object to a topic of its own, retained. Default false. */
  readonly fields?: boolean | undefined;
  /** Boards in Home Assistant; `fields` is true then. Default: none. */
  readonly homeAssistant?: HomeAssistantOptions | undefined;
  /** File for messages that the broker, or a board, cannot be given; a JSON a line. Default: they are reported only. */
  readonly deadLetters?: string | undefined;
  /** Told what happens; `describe` makes a line of it. What it throws is an uncaught exception. Default: nothing is told. */
  readonly report?: ((event: GatewayEvent) => void) | undefined;
}

export interface Topics {
  readonly up: TopicTemplate;
  readonly down: TopicTemplate;
  readonly status: TopicTemplate;
  readonly field: TopicTemplate;
  readonly gateway: TopicTemplate;
}

/** Each with its default and the values that must be in it. */
const TOPICS = {
  up: ['iot/{id}/up', ['id']],
  down: ['iot/{id}/down', ['id']],
  status: ['iot/{id}/status', ['id']],
  field: ['iot/{id}/up/{field}', ['id', 'field']],
  gateway: ['iot-gateway/{gateway}/status', ['gateway']],
} as const satisfies Record<keyof Topics, readonly [string, readonly string[]]>;

/** A store holds what waits for the broker: hours of a board that sends every second. */
const STORED = { ackWhen: 'received', maxUnreadLines: 100_000, maxUnreadBytes: 64 * 1024 * 1024 } as const;

const OPTIONS = ['server', 'broker', 'topics', 'retain', 'fields', 'homeAssistant', 'deadLetters', 'report'];

/** @throws UsageError `ERR_BAD_OPTION` */
export function gatewaySettings(options: GatewayOptions) {
  requireKnown('startGateway', options, OPTIONS);
  requireKnown('topics', options.topics ?? {}, Object.keys(TOPICS));
  requireKnown('broker', options.broker ?? {}, ['url', 'clientId', 'ca', 'cert', 'key']);
  const { server = {}, broker = {}, topics = {}, retain = false, fields = false, deadLetters } = options;
  const homeAssistant =
    options.homeAssistant && readValue(HOME_ASSISTANT, options.homeAssistant, 'homeAssistant');
  return {
    server: serverOptions(server, server.store !== undefined),
    broker,
    topics: topicTemplates(topics),
    retain,
    fields: fields || homeAssistant !== undefined,
    homeAssistant,
    deadLetters,
    report: options.report ?? (() => undefined),
  };
}

/** What the server of a gateway is told. */
export function serverOptions(server: ListenOptions, isStored: boolean): ListenOptions {
  return isStored ? { ...STORED, ...server } : { ...server, ackWhen: 'done' };
}

/** @throws UsageError `ERR_BAD_OPTION`, also when two of them could be the same topic */
export function topicTemplates(options: TopicOptions): Topics {
  const entries = Object.entries(TOPICS).map(([name, [text, names]]) => {
    const template = new TopicTemplate(`topics.${name}`, options[name as keyof Topics] ?? text, names);
    return [name, template] as const;
  });
  for (const [one, { filter }] of entries) {
    const same = entries.find(([other, template]) => other !== one && template.filter === filter);
    if (same !== undefined) {
      throw new UsageError('ERR_BAD_OPTION', `topics.${one} and topics.${same[0]} must differ`);
    }
  }
  return Object.fromEntries(entries) as unknown as Topics;
}

function requireKnown(where: string, options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new UsageError('ERR_BAD_OPTION', `${where}: there is no option ${JSON.stringify(unknown)}`);
}
