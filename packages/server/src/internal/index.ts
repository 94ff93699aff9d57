/** For the command `iot` of this workspace. It may change in any release: semver does not cover it. */
export { listenSettings } from '../options.js';
