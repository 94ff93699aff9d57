// The MicroPython originals (micropython-iot, 94e71d9) as machines in virtual time, mistakes included: the peers that
// the project's own ends must get on with. Modelled after their behaviour; no text of theirs, no I/O, no clock.
export { OriginalClient, type OriginalClientOptions } from './original-client.js';
export { OriginalServer, type OriginalServerOptions } from './original-server.js';
export { OriginalOsError, type ChannelRun, type ChannelStep } from './channel-step.js';
export { OriginalInitiator, type ConfigRace, type OriginalInitiatorOptions } from './original-initiator.js';
export { OriginalResponder, type OriginalResponderOptions } from './original-responder.js';
export { SeenMap } from './seen-map.js';
export type { OriginalTicket, WriteOptions } from './ticket.js';
