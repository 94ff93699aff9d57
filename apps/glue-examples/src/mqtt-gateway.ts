/**
 * `mqtt-gateway`: a line from board `1` is published as `iot/1/up`, and what is published as `iot/1/down` is written to
 * that board, until Ctrl-C. The broker may be away at the start or at any time; so may the boards.
 *
 * A line crosses two links, and this process holds it in between:
 * - Up: from the board exactly once; to the broker at least once (QoS 1), in order. A board is acked a line, and the next
 *   one is read, when the broker has it. So in an outage of the broker all lines stay in the board, whose `write` waits. If
 *   this process ends, the line that it held comes again, from its board or from the store.
 *   A line over which the broker has ended the link three times is given up: it is printed, and the next one is read.
 * - Down: to here at least once, with what was published while this process was away, if the broker keeps that. It has
 *   our ack then, while up to 1000 lines wait here for each board, in the store if there is one. To the board exactly once,
 *   in order.
 */
import { isUtf8 } from 'node:buffer';
import { openServer, portsOf, run, say, sayOnce, sayTurnedAway, stopped } from '@iot/app-kit';
import type { Connection, Server } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { connect, type MqttClient } from 'mqtt';
import { Outbox, type Answer } from './outbox.js';
import { GATEWAY } from './settings.js';

const MAX_WAITING = 1000; // messages for one board that is away; any more are dropped

/** `+`, `#` and `/` have a meaning in a topic; over a non-character a broker may end the link. */
const NOT_IN_A_TOPIC = /[+#/\p{Noncharacter_Code_Point}]/u;

await run(GATEWAY, async ({ broker: address, clientId, store: folder, ...settings }, stop) => {
  await using store = folder === undefined ? undefined : await levelStore(folder);
  await using server = await openServer(settings, { store, ackWhen: 'done' });
  sayTurnedAway(server);
  say(`listening on ${portsOf(server)}; Ctrl-C ends`);

  // Not clean: the broker keeps our subscriptions while we are away, and messages for them.
  const broker = connect({
    ...address,
    clientId,
    clean: false,
    resubscribe: false,
    reconnectOnConnackError: true,
  });
  broker.on('connect', () => say('connected to the broker'));
  broker.on('offline', () => say('no link to the broker; trying until it is back'));
  broker.on('error', (error) => sayOnce(`broker: ${error.message || error.name}`));

  down(server, broker);
  const outbox = new Outbox(broker);
  const subscribe = subscriber(broker, outbox);
  server.on('client', (board) => {
    if (NOT_IN_A_TOPIC.test(board.id)) {
      sayOnce(`refused board ${JSON.stringify(board.id)}: its id cannot stand in an MQTT topic`);
      void board.close(); // before it is acked anything
    } else {
      subscribe(board.id);
      void up(board, outbox);
    }
  });

  await stopped(stop);
  await server.close();
  // If the broker is there, it gets what was read.
  const gone = new Promise<void>((resolve) => broker.once('close', () => resolve()));
  if (broker.connected) await Promise.race([outbox.answered(), gone]);
  await Promise.race([broker.endAsync(!broker.connected), gone]);
});

/** Publishes what the board sends, until its connection is closed. */
async function up(board: Connection, outbox: Outbox): Promise<void> {
  for await (const message of board.messages()) {
    const answer = await outbox.publish(`iot/${board.id}/up`, message.text);
    sayRefused(`a line of board ${JSON.stringify(board.id)}`, message.text, answer);
    message.done();
  }
}

/** Subscribes for boards: for each that has come, so that the broker sends nothing for boards that do not exist. */
function subscriber(broker: MqttClient, outbox: Outbox): (id: string) => void {
  const boards = new Map<string, 'asked' | Answer['type']>();
  const subscribe = async (id: string): Promise<void> => {
    const topic = `iot/${id}/down`;
    boards.set(id, 'asked');
    const answer = await outbox.subscribe(topic);
    boards.set(id, answer.type);
    if (answer.type === 'taken') say(`subscribe ${topic}: done`);
    else sayRefused(`the subscription of board ${JSON.stringify(id)}`, topic, answer);
  };
  broker.on('connect', ({ sessionPresent }) => {
    for (const [id, answer] of boards) {
      // Not twice in one session of the broker: retained messages would come again.
      if (answer === 'refused' || (answer === 'taken' && !sessionPresent)) void subscribe(id);
    }
  });
  return (id) => {
    if (!boards.has(id)) void subscribe(id);
  };
}

/** The text is in the message: it is nowhere else any more. */
function sayRefused(what: string, text: string, answer: Answer): void {
  if (answer.type === 'refused') say(`the broker refused ${what} (${answer.why}): ${JSON.stringify(text)}`);
  if (answer.type !== 'given up') return;
  say(`gave up ${what}, over which the broker ended the link 3 times: ${JSON.stringify(text)}`);
}

/** Writes to each board what is published for it. */
function down(server: Server, broker: MqttClient): void {
  const waiting = new Map<string, number>();
  broker.on('message', (topic, payload) => {
    const id = topic.split('/')[1]!;
    const drop = (why: string): void => say(`dropped a message for board ${JSON.stringify(id)}: ${why}`);
    const line = payload.toString().replace(/\n$/, '');
    const count = waiting.get(id) ?? 0;
    if (!isUtf8(payload)) return drop('it is not UTF-8');
    if (line === '' || line.includes('\n')) return drop('it is empty or has a newline inside');
    if (count === MAX_WAITING) return drop(`${count} are waiting for it already`);
    waiting.set(id, count + 1);
    // One that has never come is waited for: without a store, after our restart the messages may come before the board.
    const board = server.has(id) ? Promise.resolve(server.get(id)) : server.client(id);
    void board
      .then((it) => it.write(line))
      .catch((error: unknown) => drop(String(error)))
      .finally(() => waiting.set(id, waiting.get(id)! - 1));
  });
}
