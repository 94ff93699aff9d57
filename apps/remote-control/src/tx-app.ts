import type { LinkLog } from '@iot/app-kit';
import type { Connection } from '@iot/client';
import type { Button } from './button.js';
import { StateSender } from './state-sender.js';

/** The client with the button: sends the server the state of the button until the link is closed. */
export async function sendState(button: Button, link: Connection, log: LinkLog): Promise<void> {
  const stop = new AbortController();
  link.on('state', (up) => {
    log.state(up, link);
  });
  link.on('close', () => {
    stop.abort();
  });
  const sender = new StateSender(link); // sends each change, and the current state after an outage
  sender.set(button.on);
  const changed = (on: boolean): void => {
    sender.set(on);
    log.note(`button ${on ? 'on' : 'off'}${link.status ? '' : ', not sent: the link is down'}`);
  };
  // The server sends nothing to tx. Lines are read anyway, because unread lines would accumulate.
  const read = async (): Promise<void> => {
    for await (const line of link) log.nonsense(line);
  };
  await Promise.all([button.watch(changed, stop.signal), read()]);
}
