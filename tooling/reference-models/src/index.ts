// Models of the MicroPython originals (micropython-iot, 94e71d9) as state machines in virtual time, including
// their mistakes. The ends of this project must work with these peers. The models follow the behaviour of the
// originals and contain none of their code. They have no I/O and no clock.
export { OriginalClient, type OriginalClientOptions } from './original-client.js';
export { OriginalServer, type OriginalServerOptions } from './original-server.js';
export { OriginalOsError, type ChannelRun, type ChannelStep } from './channel-step.js';
export { OriginalInitiator, type ConfigRace, type OriginalInitiatorOptions } from './original-initiator.js';
export { OriginalResponder, type OriginalResponderOptions } from './original-responder.js';
export { SeenMap } from './seen-map.js';
export type { OriginalTicket, WriteOptions } from './ticket.js';
