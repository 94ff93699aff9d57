/** What a person starts, each with its first file. */
export const programs = { start: 'src/start.ts', client: 'src/client.ts', demo: 'demo/demo.ts' };

/** What the programs start. */
export const workers = { worker: 'demo/worker.ts' };
