/** The programs, each with its first file. */
export const programs = { 'iot-fault-proxy': 'src/cli/main.ts' };
