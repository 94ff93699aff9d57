import cluster from 'node:cluster';
import { createServer } from 'node:net';
import { LoadedSession } from '@iot/connection/internal';
import { LinkError, UsageError } from '@iot/framing';
import { listenSettings, type ListenOptions, type ListenSettings } from './options.js';
import { Server } from './server.js';

/**
 * Starts a server; resolves once it listens. With a store, all sessions that earlier processes have left there are loaded
 * first.
 *
 * @throws UsageError `ERR_BAD_OPTION`; also in a cluster worker, unless `exclusive` is true.
 * @throws LinkError `ERR_LISTEN` when the port or the address cannot be had.
 * @throws StoreError when the store cannot be read.
 */
export async function listen(options: ListenOptions = {}): Promise<Server> {
  const settings = listenSettings(options);
  const { port, host, exclusive } = settings;
  if (cluster.isWorker && !exclusive) throw clusterError();
  const stored = await storedSessions(settings);
  const net = createServer({ noDelay: true });
  await new Promise<void>((resolve, reject) => {
    net.once('error', (error: NodeJS.ErrnoException) => {
      reject(listenError(port, error));
    });
    net.listen({ port, host, exclusive }, () => {
      net.removeAllListeners('error');
      resolve();
    });
  });
  try {
    return new Server(net, settings, stored);
  } catch (error) {
    // What is stored of a client is no session: the port is free again.
    net.close();
    throw error;
  }
}

/** What earlier processes have left in the store. */
async function storedSessions({ store, logger }: ListenSettings): Promise<LoadedSession[]> {
  const sessions: LoadedSession[] = [];
  if (store === undefined) return sessions;
  for await (const id of store.ids()) {
    const loaded = await LoadedSession.load({ store, id, logger });
    if (loaded.isKnown) sessions.push(loaded);
  }
  return sessions;
}

function clusterError(): UsageError {
  return new UsageError(
    'ERR_BAD_OPTION',
    'listen was called in a cluster worker (node:cluster, or pm2 in cluster mode), where several processes share a port: a board that reconnects would reach another process, which does not know its session, and lines would be lost or doubled. Run the server in one process (pm2: exec_mode fork), or let each worker listen on a port number of its own, with exclusive: true',
  );
}

function listenError(port: number, error: NodeJS.ErrnoException): LinkError {
  const why: Record<string, string> = {
    EADDRINUSE: 'another process has it: stop that one, or choose another port',
    EACCES: 'this user may not: choose a port above 1023',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  return new LinkError(
    'ERR_LISTEN',
    `cannot listen on port ${port} (${error.code ?? error.message}): ${why[error.code ?? ''] ?? error.message}`,
    { cause: error },
  );
}
