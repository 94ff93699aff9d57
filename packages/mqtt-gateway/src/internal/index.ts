/**
 * Exports for the command `iot` of this workspace. They may change in any release: semver does not cover them. This module
 * does not load MQTT.js, because loading it takes longer than everything else that the command loads.
 */
export { DEFAULT_BROKER_URL, parseBrokerUrl } from '../broker-url.js';
export { GATEWAY, LISTEN_KEYS, readConfigFile } from '../config/file.js';
export { configuredGatewayOptions, GATEWAY_DEFAULTS } from '../config/gateway.js';
export { flag, listOf, object, oneOf, or, text, whole, type Shape } from '../config/shape.js';
export { serverOptions } from '../options.js';
