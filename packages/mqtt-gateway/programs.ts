/** The programs, each with its first file. */
export const programs = { 'iot-mqtt': 'src/cli/main.ts' };
