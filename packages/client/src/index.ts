export type { Client } from './client.js';
export { connect } from './connect.js';
export { linuxLed, type LinuxLedOptions } from './linux-led.js';
export type { Network } from './network/network.js';
export { networkManager, type NetworkManagerOptions } from './network/network-manager.js';
export type { ConnectOptions, FirstFailureContext, FirstFailureHook } from './options.js';
export { WATCHDOG_EXIT_CODE, type WatchdogOptions } from './watchdog/options.js';
export type { Connection, Logger } from '@iot/connection';
export { ClosedError, IotError, LinkError, PeerError, UsageError, type ErrorCode } from '@iot/framing';
