/**
 * `iot-mqtt`: a gateway that runs until Ctrl-C. Exit code 0 then; 1 for a failure, 2 for a usage error, each with one line
 * that says why.
 */
import { once } from 'node:events';
import { UsageError, type Server } from '@iot/server';
import { levelStore } from '@iot/store-level';
import { CommanderError } from 'commander';
import { pemFiles } from '../config/pem.js';
import { describe } from '../events.js';
import { startGateway } from '../gateway.js';
import { readSettings, type Settings } from './settings.js';

let lastSaid = '';

const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
process.on('SIGTERM', () => stop.abort());
process.stdout.on('error', () => stop.abort()); // its reader has ended, as with `| head`
try {
  await run(readSettings(process.argv.slice(2)));
} catch (error) {
  // The first is raised after its message, or the help that was asked for, has been printed.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

async function run(settings: Settings): Promise<void> {
  const { host, port, timeout, store: folder, topics, retain, fields, homeAssistant, deadLetters } = settings;
  const broker = { url: settings.broker, clientId: settings.clientId, ...(await pemFiles(settings, '--')) };
  await using store = folder === undefined ? undefined : await levelStore(folder);
  await using gateway = await startGateway({
    server: { host, port, timeout, store },
    broker,
    topics,
    retain,
    fields,
    homeAssistant,
    deadLetters,
    report: (event) => (event.type === 'trouble' ? sayOnce : say)(describe(event)),
  });
  sayTurnedAway(gateway.server);
  say(`listening on port ${gateway.server.address.port}; Ctrl-C ends`);
  if (!stop.signal.aborted) await Promise.race([once(stop.signal, 'abort'), gateway.closed]);
  await gateway.close();
}

/** Which connections are not let in. What comes from outside is printed as JSON: it may hold anything. */
function sayTurnedAway(server: Server): void {
  server.on('duplicate', (id, address) => {
    sayOnce(
      `client ${JSON.stringify(id)} is here already; another one with this id came from ${String(address)}`,
    );
  });
  server.on('refused', (reason, id, address) => {
    const who = id === undefined ? 'a connection' : `client ${JSON.stringify(id)}`;
    sayOnce(`refused ${who} from ${String(address)}: ${reason}`);
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a line that attempt after attempt would repeat: not again, until another has come. */
function sayOnce(line: string): void {
  if (line !== lastSaid) say(line);
  lastSaid = line;
}
