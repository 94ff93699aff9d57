import { createServer } from 'node:net';
import { LinkError } from '@iot/framing';
import { listenSettings, type ListenOptions } from './options.js';
import { Server } from './server.js';

/**
 * Starts a server; resolves once it listens.
 *
 * @throws UsageError `ERR_BAD_OPTION`.
 * @throws LinkError `ERR_LISTEN` when the port or the address cannot be had.
 */
export async function listen(options: ListenOptions = {}): Promise<Server> {
  const settings = listenSettings(options);
  const net = createServer({ noDelay: true });
  await new Promise<void>((resolve, reject) => {
    net.once('error', (error: NodeJS.ErrnoException) => {
      reject(listenError(settings.port, error));
    });
    net.listen({ port: settings.port, host: settings.host }, () => {
      net.removeAllListeners('error');
      resolve();
    });
  });
  return new Server(net, settings);
}

function listenError(port: number, error: NodeJS.ErrnoException): LinkError {
  const why: Record<string, string> = {
    EADDRINUSE: 'another program has it: stop that one, or choose another port',
    EACCES: 'this user may not: choose a port above 1023',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  return new LinkError(
    'ERR_LISTEN',
    `cannot listen on port ${port} (${error.code ?? error.message}): ${why[error.code ?? ''] ?? error.message}`,
    { cause: error },
  );
}
