import type { LinkLog } from '@iot/app-kit';
import type { Server } from '@iot/server';
import { Newest } from './newest.js';
import { StateSender } from './state-sender.js';
import { parse } from './state.js';

/** The clients. */
export const IDS = ['tx', 'rx'];

/**
 * Between the two clients: the state of `tx` goes to `rx`, until the server is closed.
 *
 * @param server one that expects `tx` and `rx`
 * @param log one for each client
 */
export async function passOn(
  server: Server,
  log: { readonly tx: LinkLog; readonly rx: LinkLog },
): Promise<void> {
  /** The state of tx, once it has told one. */
  let state: boolean | undefined;
  /** There once both clients have come. */
  let toRx: StateSender | undefined;

  /** Reads from the first line on, so that what is pressed before rx is there is not replayed to it. */
  const fromTx = async (): Promise<void> => {
    const tx = await server.client('tx');
    const newest = new Newest();
    log.tx.state(true, tx);
    tx.on('state', (up) => {
      log.tx.state(up, tx);
      if (up) newest.linkUp();
    });
    for await (const line of tx) {
      const told = parse(line);
      if (told === undefined) {
        log.tx.nonsense(line);
      } else if (newest.accepts(told)) {
        state = told.on;
        toRx?.set(state);
        log.tx.note(`is ${state ? 'on' : 'off'}`);
      }
    }
  };

  const withRx = async (): Promise<void> => {
    const rx = await server.waitAll('rx');
    toRx = new StateSender(rx); // from here on it sends by itself, after an outage too
    if (state !== undefined) toRx.set(state);
    log.rx.state(true, rx);
    log.rx.note('both clients are here');
    rx.on('state', (up) => {
      log.rx.state(up, rx);
    });
    for await (const line of rx) log.rx.nonsense(line); // it has nothing to say
  };

  await Promise.all([fromTx(), withRx()]);
}
