/**
 * Home Assistant discovery: makes the device payload of each board. The gateway publishes it, retained, and Home Assistant
 * makes a device with entities from it (https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload).
 *
 * The state of an entity is a field of the board's JSON lines, or the whole line. A command to an entity is a line to the
 * board. An entity is available while both the board and the gateway are online.
 */
import { mapOf, number, object, oneOf, text, variant, type Shape } from './config/shape.js';
import type { Topics } from './options.js';
import { objectId } from './topics.js';

/** Options of every kind of entity. */
export interface EntityCommonOptions {
  /** The name that Home Assistant shows. Default: the key of the entity. */
  readonly name?: string;
  /** For example `mdi:thermometer`. */
  readonly icon?: string;
  readonly deviceClass?: string;
  readonly category?: 'config' | 'diagnostic';
}

export interface EntityStateOptions extends EntityCommonOptions {
  /** The field of a JSON line that is the state. Default: the whole line is the state. */
  readonly field?: string;
}

export interface SensorOptions extends EntityStateOptions {
  readonly platform: 'sensor';
  readonly unit?: string;
  readonly stateClass?: string;
}

export interface BinarySensorOptions extends EntityStateOptions {
  readonly platform: 'binary_sensor';
  /** The values of the two states. Default: those of Home Assistant, `ON` and `OFF`. */
  readonly on?: string;
  readonly off?: string;
}

export interface SwitchOptions extends EntityStateOptions {
  readonly platform: 'switch';
  /** The values of the two states. Default: the lines `turnOn` and `turnOff`. */
  readonly on?: string;
  readonly off?: string;
  /** The lines that the board gets as commands. */
  readonly turnOn: string;
  readonly turnOff: string;
}

export interface NumberOptions extends EntityStateOptions {
  readonly platform: 'number';
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  /** The line that the board gets as a command. `{value}` in it is replaced by the number. */
  readonly set: string;
}

export interface ButtonOptions extends EntityCommonOptions {
  readonly platform: 'button';
  /** The line that the board gets as a command. */
  readonly press: string;
}

export type EntityOptions =
  SensorOptions | BinarySensorOptions | SwitchOptions | NumberOptions | ButtonOptions;

/** How Home Assistant shows a board. */
export interface BoardOptions {
  /** Name of the device. `{id}` in it is replaced by the id of the board. Default: the id. */
  readonly name?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  /** The entities by key. A key has letters, digits, `-` and `_`, and becomes part of the entity's id in Home Assistant. */
  readonly entities: Readonly<Record<string, EntityOptions>>;
}

export interface HomeAssistantOptions {
  /** The discovery prefix of Home Assistant. Default `homeassistant`. */
  readonly prefix?: string;
  /** The boards by id. `*` is for every other board. */
  readonly boards: Readonly<Record<string, BoardOptions>>;
}

const COMMON = {
  name: text,
  icon: text,
  deviceClass: text,
  category: oneOf('config', 'diagnostic'),
};

const STATE = { ...COMMON, field: text };

const ENTITY = variant('platform', {
  sensor: object({ platform: oneOf('sensor'), ...STATE, unit: text, stateClass: text }, ['platform']),
  binary_sensor: object({ platform: oneOf('binary_sensor'), ...STATE, on: text, off: text }, ['platform']),
  switch: object({ platform: oneOf('switch'), ...STATE, on: text, off: text, turnOn: text, turnOff: text }, [
    'platform',
    'turnOn',
    'turnOff',
  ]),
  number: object(
    {
      platform: oneOf('number'),
      ...STATE,
      unit: text,
      min: number,
      max: number,
      step: number,
      set: text,
    },
    ['platform', 'set'],
  ),
  button: object({ platform: oneOf('button'), ...COMMON, press: text }, ['platform', 'press']),
});

const BOARD = object(
  {
    name: text,
    manufacturer: text,
    model: text,
    entities: mapOf(ENTITY, /^[A-Za-z0-9_-]+$/, 'letters, digits, - and _'),
  },
  ['entities'],
);

export const HOME_ASSISTANT: Shape<HomeAssistantOptions> = object({ prefix: text, boards: mapOf(BOARD) }, [
  'boards',
]);

const DEFAULT_PREFIX = 'homeassistant';

/** A template for Home Assistant: it makes `online` or `offline` from the JSON of our status topics. */
const AVAILABLE = "{{ 'online' if value_json.online else 'offline' }}";

export class HomeAssistant {
  /** The topic to which Home Assistant publishes `online` when it has started. */
  readonly statusTopic: string;
  readonly #boards: Readonly<Record<string, BoardOptions>>;
  readonly #prefix: string;
  readonly #topics: Topics;
  readonly #gatewayStatus: string;

  constructor(
    { prefix = DEFAULT_PREFIX, boards }: HomeAssistantOptions,
    topics: Topics,
    gatewayStatus: string,
  ) {
    this.statusTopic = `${prefix}/status`;
    this.#boards = boards;
    this.#prefix = prefix;
    this.#topics = topics;
    this.#gatewayStatus = gatewayStatus;
  }

  configTopic(id: string): string {
    return `${this.#prefix}/device/${objectId(id)}/config`;
  }

  isConfigTopic(topic: string): boolean {
    return topic.startsWith(`${this.#prefix}/device/`);
  }

  /** The device payload of a board; undefined for a board that has no options. */
  payload(id: string): string | undefined {
    const board = Object.hasOwn(this.#boards, id) ? this.#boards[id] : this.#boards['*'];
    return board && JSON.stringify(this.#device(id, board));
  }

  #device(id: string, { name = '{id}', manufacturer, model, entities }: BoardOptions): object {
    const unique = `iot_${objectId(id)}`;
    const components = Object.entries(entities).map(([key, entity]) => [
      key,
      { platform: entity.platform, unique_id: `${unique}_${key}`, ...this.#component(id, key, entity) },
    ]);
    return {
      device: { identifiers: [unique], name: name.replaceAll('{id}', id), manufacturer, model },
      origin: { name: 'iot-mqtt' },
      availability: [this.#topics.status.topic({ id }), this.#gatewayStatus].map((topic) => ({
        topic,
        value_template: AVAILABLE,
      })),
      availability_mode: 'all',
      components: Object.fromEntries(components) as object,
    };
  }

  #component(id: string, key: string, entity: EntityOptions): object {
    const { name = key, icon, deviceClass, category } = entity;
    const common = { name, icon, device_class: deviceClass, entity_category: category };
    const command = { command_topic: this.#topics.down.topic({ id }), qos: 1 };
    if (entity.platform === 'button') return { ...common, ...command, payload_press: entity.press };
    const { up, field: fieldTopic } = this.#topics;
    const { field } = entity;
    const state = {
      ...common,
      state_topic: field === undefined ? up.topic({ id }) : fieldTopic.topic({ id, field }),
    };
    switch (entity.platform) {
      case 'sensor':
        return { ...state, unit_of_measurement: entity.unit, state_class: entity.stateClass };
      case 'binary_sensor':
        return { ...state, payload_on: entity.on, payload_off: entity.off };
      case 'switch':
        return {
          ...state,
          ...command,
          state_on: entity.on,
          state_off: entity.off,
          payload_on: entity.turnOn,
          payload_off: entity.turnOff,
        };
      case 'number': {
        const { unit, min, max, step, set } = entity;
        const template = set.replaceAll('{value}', '{{ value }}');
        return {
          ...state,
          ...command,
          unit_of_measurement: unit,
          min,
          max,
          step,
          command_template: template,
        };
      }
    }
  }
}
