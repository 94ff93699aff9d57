/** For the command `iot` of this workspace. It may change in any release: semver does not cover it. */
export { openKeysOfAnyUser } from '../keys/key-file.js';
export { listenSettings } from '../options.js';
