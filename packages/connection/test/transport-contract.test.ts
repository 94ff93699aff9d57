import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { Authority } from '@iot/vitest-config/certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transport } from '../src/index.js';
import { nodeClock, TcpTransport } from '../src/node/index.js';
import { memoryPair, transportContract, type MakePair } from '../src/testing/index.js';

function keepsTheContract(makePair: MakePair): void {
  it.each(transportContract.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(makePair));
}

describe('a pair in memory', () => {
  keepsTheContract(() => memoryPair());
});

describe('a pair in memory that delivers by a clock', () => {
  keepsTheContract(() => memoryPair({ clock: nodeClock, delayMs: 1 }));
});

describe('a TCP socket', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
  });

  keepsTheContract(async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [[accepted]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
      [Socket],
      unknown,
    ];
    return [new TcpTransport(socket), new TcpTransport(accepted)];
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a TLS socket, %s', (version) => {
  const authority = new Authority();
  let server: tls.Server;
  beforeAll(async () => {
    const versions = { minVersion: version, maxVersion: version };
    server = tls.createServer({ ...authority.issue({ name: 'server', names: ['127.0.0.1'] }), ...versions });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
  });

  keepsTheContract(async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const secure = tls.connect({ socket, host: '127.0.0.1', ca: authority.ca });
    const [[accepted]] = (await Promise.all([
      once(server, 'secureConnection'),
      once(secure, 'secureConnect'),
    ])) as [[tls.TLSSocket], unknown];
    return [new TcpTransport(secure), new TcpTransport(accepted)];
  });
});

describe('the contract', () => {
  /** Pairs of memory transports of which `near` breaks one promise. */
  const broken: Record<string, (near: Transport, far: Transport) => void> = {
    'carries bytes both ways, whole and in order': (near) => {
      const { write } = near;
      near.write = (bytes) => write.call(near, bytes.slice().reverse());
    },
    'says when it is full, and once there is space again': (near) => {
      const { write } = near;
      near.write = (bytes) => write.call(near, bytes) || true;
    },
    'delivers what was written before close, then an orderly end': (near) => {
      near.close = () => {
        near.destroy();
        return Promise.resolve();
      };
    },
    'reports nothing from inside a call of its owner': (near) => {
      const { start } = near;
      near.start = (handlers) => {
        start.call(near, handlers);
        handlers.data(new Uint8Array([1]));
      };
    },
    'reports the end once and nothing after it, whatever is called then': (near) => {
      const { start } = near;
      near.start = (handlers) => {
        const ended = (how: 'fin' | 'reset') => {
          handlers.ended(how);
          handlers.ended(how);
        };
        start.call(near, { data: (chunk) => handlers.data(chunk), drain: () => handlers.drain(), ended });
      };
    },
    'reports nothing after its own destroy, even when that is called from inside a report': (near) => {
      const { start, destroy } = near;
      near.start = (handlers) => {
        start.call(near, handlers);
        near.destroy = () => {
          queueMicrotask(() => handlers.data(new Uint8Array([1])));
          destroy.call(near);
        };
      };
    },
  };

  it.each(Object.keys(broken))('catches a transport that breaks: %s', async (name) => {
    const found = transportContract.find((each) => each.name === name);
    const run = found?.run(() => {
      const [near, far] = memoryPair();
      broken[name]?.(near, far);
      return [near, far];
    });
    await expect(run).rejects.toThrow();
  });
});
