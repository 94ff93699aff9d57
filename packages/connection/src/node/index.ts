/** Exports of `@iot/connection/node`: the clock and the transport for Node. */
export { nodeClock } from './clock.js';
export { SharedTimers } from './shared-timers.js';
export { peerAddress } from './peer-address.js';
export { TcpTransport } from './tcp-transport.js';
export type { Clock, Transport, TransportEnd, TransportHandlers } from '../ports.js';
