export { nodeClock } from './clock.js';
export { TcpTransport } from './tcp-transport.js';
