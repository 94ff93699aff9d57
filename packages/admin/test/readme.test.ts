/** The snippets of the README, and its commands against a server with a client. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { listen, type ListenOptions } from '@iot/server';
import { runSnippets } from '@iot/vitest-config/readme';
import { describe, expect, it } from 'vitest';
import * as admin from '../src/index.js';
import { observe } from '../src/opentelemetry.js';
import { clientOf, local } from './fleet.js';

const file = new URL('../README.md', import.meta.url);

runSnippets(file, {
  modules: {
    '@iot/admin': {
      ...admin,
      attachAdmin: (...[server, options]: Parameters<typeof admin.attachAdmin>) =>
        admin.attachAdmin(server, { ...options, ...local }),
    },
    '@iot/admin/opentelemetry': { observe },
    '@iot/server': { listen: (options: ListenOptions) => listen({ ...options, ...local }) },
  },
  globals: { console: { log: () => undefined } },
});

const commands = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('curl '));

/** What each prints. */
const PRINTS: readonly RegExp[] = [
  /^\{"total":1,"clients":\[\{"id":"cellar","up":true,/,
  /^\{"id":"cellar",.*"outages":\[\]\}$/,
  /^\{"acked":true\}$/,
  /^\{"disconnected":true\}$/,
  /^# HELP iot_links_up .*\n# TYPE iot_links_up gauge\niot_links_up 1\n/,
  /^retry: 1000\n\n$/,
  /^$/,
];

describe('the commands of the README', () => {
  it('are as many as are tested', () => {
    expect(commands).toHaveLength(PRINTS.length);
  });

  it.each(commands.map((command, index) => ({ command, prints: PRINTS[index]! })))(
    'work: $command',
    async ({ command, prints }) => {
      await using server = await listen(local);
      await using attached = await admin.attachAdmin(server, local);
      await using _client = await clientOf(server, 'cellar');
      const here = command.replace(':9123', `:${attached.address.port}`);
      const shell = spawn('bash', ['-c', `exec ${here}`], { stdio: ['ignore', 'pipe', 'inherit'] });
      // A stream does not end by itself.
      if (command.includes('/events')) shell.stdout.once('data', () => shell.kill());
      expect(await text(shell.stdout)).toMatch(prints);
    },
  );
});
