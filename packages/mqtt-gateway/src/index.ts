export type { BrokerOptions } from './broker.js';
export { describe, type DeadLetter, type GatewayEvent } from './events.js';
export { startGateway, type Gateway } from './gateway.js';
export type {
  BinarySensorOptions,
  BoardOptions,
  ButtonOptions,
  EntityCommonOptions,
  EntityOptions,
  EntityStateOptions,
  HomeAssistantOptions,
  NumberOptions,
  SensorOptions,
  SwitchOptions,
} from './home-assistant.js';
export type { GatewayOptions, TopicOptions } from './options.js';
export { escapeLevel, unescapeLevel } from './topics.js';
export { ClosedError, IotError, LinkError, StoreError, UsageError } from '@iot/server';
/** The types of the option `server` and of `gateway.server`. */
export type * from '@iot/server';
