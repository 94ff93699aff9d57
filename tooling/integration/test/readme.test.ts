import * as client from '@iot/client';
import * as server from '@iot/server';
import { snippets } from '@iot/vitest-config/readme';
import { expect, it } from 'vitest';

it('the server and the client of the README talk to each other', async () => {
  const [serverSnippet, clientSnippet, ...others] = snippets(new URL('../../../README.md', import.meta.url));
  expect(others).toEqual([]);
  const printed: string[] = [];
  const globals = { console: { log: (line: string) => printed.push(line) } };

  let started: (server: server.Server) => void;
  const listening = new Promise<server.Server>((resolve) => (started = resolve));
  const serving = serverSnippet!.run({
    globals,
    modules: {
      '@iot/server': {
        listen: async (options: server.ListenOptions) => {
          const running = await server.listen({ ...options, port: 0, host: '127.0.0.1' });
          started(running);
          return running;
        },
      },
    },
  });
  const { address, get } = await listening.then((running) => ({
    address: running.address,
    get: () => running.get('1'),
  }));
  await clientSnippet!.run({
    globals,
    modules: {
      '@iot/client': {
        connect: (options: client.ConnectOptions) => client.connect({ ...options, port: address.port }),
      },
    },
  });
  // The server's loop ends when its connection is closed.
  await get().close();
  await serving;

  const reading = '{"temperature":21.5}';
  expect(printed.sort()).toEqual([`1 says ${reading}`, 'down', `got ${reading}`, 'up']);
});
