/** Exports for the command `iot` of this workspace. They may change in any release: semver does not cover them. */
export { run } from '../cli/run.js';
export { commandOf, COMMANDS, type Command } from '../cli/settings.js';
