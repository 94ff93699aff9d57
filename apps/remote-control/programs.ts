/** What a person starts, each with its first file. */
export const programs = {
  server: 'src/server.ts',
  tx: 'src/tx.ts',
  rx: 'src/rx.ts',
  remote: 'remote/remote.ts',
  latency: 'latency/latency.ts',
};

/** What the programs start. */
export const workers = { worker: 'remote/worker.ts' };
