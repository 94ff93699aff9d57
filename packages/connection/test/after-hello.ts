import type { Transport } from '../src/index.js';

/** The server's end of a transport once the hello has been read: the first line of the first bytes. */
export function afterHello(transport: Transport): Transport {
  let hello = true;
  return {
    remoteAddress: transport.remoteAddress,
    start: (handlers) =>
      transport.start({
        data: (chunk) => {
          handlers.data(hello ? chunk.subarray(chunk.indexOf(10) + 1) : chunk);
          hello = false;
        },
        drain: () => handlers.drain(),
        ended: (how) => handlers.ended(how),
      }),
    write: (bytes) => transport.write(bytes),
    close: () => transport.close(),
    destroy: () => transport.destroy(),
  };
}
