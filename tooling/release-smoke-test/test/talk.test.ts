import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, inject, it } from 'vitest';
import { run } from '../src/run.js';

const SERVER = `
import { listen } from '@iot/server';
const server = await listen({ port: 0, host: '127.0.0.1', expected: ['1'] });
console.log(server.address.port);
const board = await server.client('1');
await board.write('got ' + (await board.readline()));
await server.close();
`;

const CLIENT = `
import { connect } from '@iot/client';
const client = connect({ id: '1', host: '127.0.0.1', port: Number(process.argv[2]) });
await client.ready();
await client.write('21.5');
console.log(await client.readline());
await client.close();
`;

it('a server and a client, each installed alone, exchange a line', async () => {
  const folderOf = (name: string) => inject('installed').find((it) => it.name === name)!.folder;
  writeFileSync(join(folderOf('@iot/server'), 'server.js'), SERVER);
  writeFileSync(join(folderOf('@iot/client'), 'client.js'), CLIENT);
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const server = spawn('node', ['server.js'], { cwd: folderOf('@iot/server'), stdio: [...stdio] });
  try {
    const ended = once(server, 'exit');
    const [port] = (await once(createInterface(server.stdout), 'line')) as [string];
    expect(await run('node', ['client.js', port], { cwd: folderOf('@iot/client') })).toBe('got 21.5\n');
    expect(await ended).toEqual([0, null]);
  } finally {
    server.kill();
  }
});
