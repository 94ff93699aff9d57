/** The programs, each with its first file. */
export const programs = { start: 'src/start.ts', client: 'src/client.ts', demo: 'demo/demo.ts' };
