/** What the programs print. What comes from outside is printed as JSON: it may hold anything. */
import { say } from '@iot/app-kit';
import type { Server } from '@iot/server';

let lastSaid = '';

/** Prints a line that attempt after attempt would repeat: not again, until another has come. */
export function sayOnce(line: string): void {
  if (line !== lastSaid) say(line);
  lastSaid = line;
}

/** Prints which connections the server does not let in: of two boards with one id only one gets through. */
export function sayTurnedAway(server: Server): void {
  server.on('duplicate', (id, address) => {
    sayOnce(
      `board ${JSON.stringify(id)} is connected; another one with this id came from ${String(address)}`,
    );
  });
  server.on('refused', (reason, id, address) => {
    sayOnce(`refused ${JSON.stringify(id ?? 'a connection')} from ${String(address)}: ${reason}`);
  });
}
