import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { board, LOOPBACK, Program } from '@iot/app-kit/testing';
import { Aedes } from 'aedes';
import { expect, it, onTestFinished } from 'vitest';

/** A broker on a free port; closed at the end of the test. */
async function startBroker(): Promise<{ broker: Aedes; url: string }> {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    broker.handle(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
    broker.close();
  });
  return { broker, url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it('publishes what a board sends, writes to it what is published for it, and ends at Ctrl-C', async () => {
  const { broker, url } = await startBroker();
  const published = new Promise<string>((resolve) => {
    broker.on('publish', ({ topic, payload }) => {
      if (topic === 'iot/1/up') resolve(payload.toString());
    });
  });
  const gateway = new Program('mqtt-gateway', LOOPBACK, { env: { MQTT_URL: url } });
  const [, port] = await gateway.printed(/listening on port (\d+)/);
  const client = board('1', Number(port));
  await client.write('up');
  expect(await published).toBe('up');
  await gateway.printed(/subscribe iot\/1\/down: done\n/);
  const down = {
    cmd: 'publish',
    topic: 'iot/1/down',
    payload: 'down',
    qos: 1,
    dup: false,
    retain: false,
  } as const;
  await new Promise((resolve) => broker.publish(down, resolve));
  expect(await client.readline()).toBe('down');
  await gateway.interrupted();
});

it('says in one line that the URL of the broker is none, and shows no part of it', async () => {
  const { code, stdout, stderr } = await new Program('mqtt-gateway', LOOPBACK, {
    env: { MQTT_URL: 'me:secret@host.example' },
  }).outcome;
  expect(stderr).toMatch(/^error: the URL of the broker must be [^\n]*\n$/);
  expect(stdout + stderr).not.toMatch(/secret|host\.example/);
  expect(code).toBe(1);
});
