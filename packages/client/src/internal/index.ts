/** For the command `iot` of this workspace. It may change in any release: semver does not cover it. */
export { SystemdNotifier } from '../watchdog/systemd.js';
