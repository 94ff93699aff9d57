/** `listen`: opens the ports of a server, loads the stored sessions and makes the `Server`. */
import cluster from 'node:cluster';
import { createServer, type Server as NetServer } from 'node:net';
import { LoadedSession } from '@iot/connection/internal';
import { SharedTimers } from '@iot/connection/node';
import { LinkError, UsageError } from '@iot/framing';
import { listenSettings, type ListenOptions, type ListenSettings } from './options.js';
import { Server } from './server.js';
import { SecurePort } from './tls/secure-port.js';

/**
 * Starts a server. Resolves once it listens. With a store, all sessions in the store are loaded first.
 *
 * @throws UsageError `ERR_BAD_OPTION` for wrong options, and in a cluster worker unless `exclusive` is true.
 * @throws LinkError `ERR_LISTEN` when the server cannot listen on the port or the address.
 * @throws StoreError when the store cannot be read.
 */
export async function listen(options: ListenOptions = {}): Promise<Server> {
  const settings = listenSettings(options);
  const { port, tls, timeout } = settings;
  if (cluster.isWorker && !settings.exclusive) throw clusterError();
  const stored = await storedSessions(settings);
  const clock = new SharedTimers();
  const plain = port === false ? undefined : createServer({ noDelay: true });
  const secure = tls && {
    net: createServer({ noDelay: true }),
    handshakes: new SecurePort(tls, timeout, clock),
  };
  try {
    if (plain !== undefined) await open(plain, settings, port as number);
    if (secure !== undefined) await open(secure.net, settings, tls!.port);
    return new Server({ plain, secure }, settings, clock, stored);
  } catch (error) {
    // A port is in use, or a stored session is damaged. The ports that were opened are closed again.
    plain?.close();
    secure?.net.close();
    throw error;
  }
}

async function open(net: NetServer, { host, exclusive }: ListenSettings, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    net.once('error', (error: NodeJS.ErrnoException) => {
      reject(listenError(port, error));
    });
    net.listen({ port, host, exclusive }, () => {
      net.removeAllListeners('error');
      resolve();
    });
  });
}

/** Loads all sessions from the store. */
async function storedSessions({ store, logger, closeTimeoutMs }: ListenSettings): Promise<LoadedSession[]> {
  const sessions: LoadedSession[] = [];
  if (store === undefined) return sessions;
  for await (const id of store.ids()) {
    const loaded = await LoadedSession.load({ store, id, logger, closeTimeoutMs });
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
    EADDRINUSE: 'another process uses it: stop that process, or choose another port',
    EACCES: 'this user may not use it: choose a port above 1023',
    EADDRNOTAVAIL: 'this machine does not have this address',
  };
  return new LinkError(
    'ERR_LISTEN',
    `cannot listen on port ${port} (${error.code ?? error.message}): ${why[error.code ?? ''] ?? error.message}`,
    { cause: error },
  );
}
