/**
 * For the command `iot` of this workspace. It may change in any release: semver does not cover it. MQTT.js is not loaded by
 * it: that takes longer than all the rest of the command.
 */
export { DEFAULT_BROKER_URL, parseBrokerUrl } from '../broker-url.js';
export { GATEWAY, LISTEN_KEYS, readConfigFile } from '../config/file.js';
export { configuredGatewayOptions, GATEWAY_DEFAULTS } from '../config/gateway.js';
export { flag, listOf, object, oneOf, or, text, whole, type Shape } from '../config/shape.js';
export { serverOptions } from '../options.js';
