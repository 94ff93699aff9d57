// A registry of npm packages on loopback, without an upstream: what was not published to it is not to be had. It
// runs in this process, so that it cannot outlive it.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runServer } from 'verdaccio';

export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** Settings for npm and pnpm, as environment variables, with which they publish here and nowhere else. */
  readonly publishing: Readonly<Record<string, string>>;
}

/** Resolves once it listens; keeps what it holds in `folder`. */
export async function startRegistry(folder: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  const server = (await runServer({
    // verdaccio takes the place of its configuration from here, and reads nothing there.
    configPath: join(folder, 'config.yaml'),
    self_path: join(folder, 'config.yaml'),
    storage: join(folder, 'storage'),
    uplinks: {},
    packages: { '**': { access: ['$all'], publish: ['$all'] } },
    web: { enable: false },
    // LevelDB comes built for ten systems in one tarball.
    max_body_size: '100mb',
    log: { type: 'stdout', level: 'error' },
  })) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const userConfig = join(folder, 'npmrc');
  // npm does not try to publish without a token; here any will do.
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
