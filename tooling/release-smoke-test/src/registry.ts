// An npm registry on loopback, without an upstream: only packages published to it can be installed. It runs
// in this process, and ends with it.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runServer } from 'verdaccio';

export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** Environment variables with which npm and pnpm publish only to this registry. */
  readonly publishing: Readonly<Record<string, string>>;
}

/** Starts the registry. Resolves once it listens. Stores its packages in `folder`. */
export async function startRegistry(folder: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  const server = (await runServer({
    // verdaccio needs the path of its configuration, but does not read a file there.
    configPath: join(folder, 'config.yaml'),
    self_path: join(folder, 'config.yaml'),
    storage: join(folder, 'storage'),
    uplinks: {},
    packages: { '**': { access: ['$all'], publish: ['$all'] } },
    web: { enable: false },
    // The tarball of LevelDB contains binaries for ten systems.
    max_body_size: '100mb',
    log: { type: 'stdout', level: 'error' },
  })) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const userConfig = join(folder, 'npmrc');
  // npm does not publish without a token. This registry accepts any token.
  writeFileSync(userConfig, `//${host}/:_authToken=anybody\n`);
  return {
    url: `http://${host}/`,
    publishing: { npm_config_registry: `http://${host}/`, npm_config_userconfig: userConfig },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
