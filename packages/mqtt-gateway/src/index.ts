export type { BrokerOptions } from './broker.js';
export { describe, type DeadLetter, type GatewayEvent } from './events.js';
export { startGateway, type Gateway } from './gateway.js';
export type { BoardOptions, EntityOptions, HomeAssistantOptions } from './home-assistant.js';
export type { GatewayOptions, TopicOptions } from './options.js';
export { escapeLevel, unescapeLevel } from './topics.js';
export { ClosedError, IotError, LinkError, StoreError, UsageError, type ErrorCode } from '@iot/server';
