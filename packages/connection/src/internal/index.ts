/** Exports for the other packages of this workspace. They may change in any release: semver does not cover them. */
export { onAbort, signalOf } from '../abort.js';
export { Emitter, reportUncaught } from '../events.js';
export { LinkLog, LOG_LEVELS } from '../logger.js';
export { LINK_DEFAULTS, linkSettings, withDefaults, type LinkOptions } from '../options.js';
export { offlineSettings, windowOf } from '../offline-options.js';
export { LEAST_PSK_BYTES, MOST_PSK_BYTES, PSK_CIPHERS, TLS_VERSIONS } from '../tls.js';
export { atMost, deferred, quiet, rejected, settlesWithin, Waiters } from '../waiters.js';
export { LoadingEngine } from '../loading-engine.js';
export { forgetStored, LoadedSession, storedPump } from '../store/loaded-session.js';
export type { SessionLogOptions } from '../store/session-log.js';
export { checkStoredId, lastCheckpoint } from '../store/check-append.js';
