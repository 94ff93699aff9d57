import { library, pure } from '@iot/eslint-config';

// What moves the lines has no I/O and no clock, as the pure packages.
const machines = [
  'src/messages/*.ts',
  ...['initiator', 'machine', 'payloads', 'responder', 'role'].map((it) => `src/channel/${it}.ts`),
  ...['board/outbox', 'board/session', 'bridge/outbox'].map((it) => `src/${it}.ts`),
];

export default [...library('i2c-link'), ...pure.map((rules) => ({ ...rules, files: machines }))];
