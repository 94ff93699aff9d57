/** For the command `iot` of this workspace. It may change in any release: semver does not cover it. */
export { run } from '../cli/run.js';
export { commandOf, COMMANDS, type Command } from '../cli/settings.js';
