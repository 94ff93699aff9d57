/** Exports for the command `iot` of this workspace. They may change in any release: semver does not cover them. */
export { openKeysOfAnyUser } from '../keys/key-file.js';
export { listenSettings } from '../options.js';
