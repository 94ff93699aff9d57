/** The programs, each with its first file; `raw` is a part of `latency`. */
export const programs = {
  server: 'src/server.ts',
  tx: 'src/tx.ts',
  rx: 'src/rx.ts',
  remote: 'remote/remote.ts',
  latency: 'latency/latency.ts',
  raw: 'latency/raw.ts',
};
