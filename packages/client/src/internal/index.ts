/** Exports for the command `iot` of this workspace. They may change in any release: semver does not cover them. */
export { SystemdNotifier } from '../watchdog/systemd.js';
