/** The programs, each with its first file. */
export const programs = {
  'mqtt-gateway': 'src/mqtt-gateway.ts',
  'daily-log': 'src/daily-log.ts',
  relay: 'src/relay.ts',
};
