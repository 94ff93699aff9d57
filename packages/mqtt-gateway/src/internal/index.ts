/** For the command `iot` of this workspace. It may change in any release: semver does not cover it. */
export { DEFAULT_BROKER_URL, DEFAULT_CLIENT_ID } from '../broker.js';
export { parseBrokerUrl } from '../broker-url.js';
export { GATEWAY_KEYS, readConfigFile } from '../config/file.js';
export { flag, listOf, object, oneOf, or, text, whole, type Shape } from '../config/shape.js';
export { pemFiles } from '../config/pem.js';
export { serverOptions } from '../options.js';
