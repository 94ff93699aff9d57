import { library, pure } from '@iot/eslint-config';

// The machines of the channel have no I/O and no clock, as the pure packages.
const machines = [
  ...['channel', 'exchange', 'initiator', 'outbox', 'responder'],
  ...['board-lines', 'board-session', 'config', 'conversation', 'text-lines', 'to-board'],
].map((it) => `src/${it}.ts`);

export default [...library('i2c-link'), ...pure.map((rules) => ({ ...rules, files: machines }))];
