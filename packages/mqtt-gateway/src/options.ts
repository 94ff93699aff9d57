/** The options of a gateway: their types, defaults and checks. */
import { UsageError, type ListenOptions } from '@iot/server';
import type { BrokerOptions } from './broker.js';
import { readValue } from './config/shape.js';
import type { GatewayEvent } from './events.js';
import { HOME_ASSISTANT, type HomeAssistantOptions } from './home-assistant.js';
import { TopicTemplate } from './topics.js';

/** Topic templates. A level in braces, such as `{id}`, is replaced by the value of this name. `{id}` is the id of the board. */
export interface TopicOptions {
  /** For lines from a board. Default `iot/{id}/up`. */
  readonly up?: string | undefined;
  /** For lines to a board. Default `iot/{id}/down`. */
  readonly down?: string | undefined;
  /** For the status of a board: online or not. Default `iot/{id}/status`. */
  readonly status?: string | undefined;
  /** For a field of a line that is a JSON object. Default `iot/{id}/up/{field}`. */
  readonly field?: string | undefined;
  /** For the status of this gateway. `{gateway}` is its client id. Default `iot-gateway/{gateway}/status`. */
  readonly gateway?: string | undefined;
}

export interface GatewayOptions {
  /**
   * Options of `listen` of @iot/server, which the gateway calls. Without a `store` the gateway sets `ackWhen` to `'done'`: a
   * line is acked to the board when the broker has acked it. With a `store` the defaults are different: `ackWhen` is
   * `'received'`, so a line is acked when it is stored, without waiting for the broker. `maxUnreadLines` is 100,000 and
   * `maxUnreadBytes` is 64 MiB for each board.
   */
  readonly server?: ListenOptions | undefined;
  readonly broker?: BrokerOptions | undefined;
  readonly topics?: TopicOptions | undefined;
  /** True: lines are published retained, so the broker keeps the last line of each board. Default false. */
  readonly retain?: boolean | undefined;
  /** True: each field of a line that is a JSON object is also published, retained, to its own topic. Default false. */
  readonly fields?: boolean | undefined;
  /** Shows boards in Home Assistant. It sets `fields` to true. Default: none. */
  readonly homeAssistant?: HomeAssistantOptions | undefined;
  /**
   * Path of the file for dead letters: messages that cannot be delivered to the broker or to a board. Each line of the file
   * is a JSON object. Default: dead letters are only reported.
   */
  readonly deadLetters?: string | undefined;
  /**
   * Called with each event. `describe` makes a line of text from an event. An error that `report` throws becomes an uncaught
   * exception. Default: none.
   */
  readonly report?: ((event: GatewayEvent) => void) | undefined;
}

export interface Topics {
  readonly up: TopicTemplate;
  readonly down: TopicTemplate;
  readonly status: TopicTemplate;
  readonly field: TopicTemplate;
  readonly gateway: TopicTemplate;
}

/** Each topic with its default template and the names that must be in the template. */
const TOPICS = {
  up: ['iot/{id}/up', ['id']],
  down: ['iot/{id}/down', ['id']],
  status: ['iot/{id}/status', ['id']],
  field: ['iot/{id}/up/{field}', ['id', 'field']],
  gateway: ['iot-gateway/{gateway}/status', ['gateway']],
} as const satisfies Record<keyof Topics, readonly [string, readonly string[]]>;

/** Defaults with a store. Lines wait in the store while the broker is away: the limits allow hours at a line per second. */
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

/** The options of `listen` for the server of a gateway. */
export function serverOptions(server: ListenOptions, isStored: boolean): ListenOptions {
  return isStored ? { ...STORED, ...server } : { ...server, ackWhen: 'done' };
}

/** @throws UsageError `ERR_BAD_OPTION` for a bad template, and for two templates that match the same topics */
export function topicTemplates(options: TopicOptions): Topics {
  const entries = Object.entries(TOPICS).map(([name, [text, names]]) => {
    const template = new TopicTemplate(`topics.${name}`, options[name as keyof Topics] ?? text, names);
    return [name, template] as const;
  });
  for (const [index, [one, template]] of entries.entries()) {
    const overlapping = entries.slice(index + 1).find(([, other]) => template.overlaps(other));
    if (overlapping !== undefined) {
      throw new UsageError(
        'ERR_BAD_OPTION',
        `topics.${one} and topics.${overlapping[0]} match the same topics: give them a level that differs`,
      );
    }
  }
  return Object.fromEntries(entries) as unknown as Topics;
}

function requireKnown(where: string, options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new UsageError('ERR_BAD_OPTION', `${where}: there is no option ${JSON.stringify(unknown)}`);
}
