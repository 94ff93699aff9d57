/** The programs, each with its first file; the last is a part of a test. */
export const programs = { 'iot-mqtt': 'src/cli/main.ts', 'campaign-board': 'test/campaign/board.ts' };
