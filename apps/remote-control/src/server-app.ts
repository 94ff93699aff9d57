import type { LinkLog } from '@iot/app-kit';
import type { Server } from '@iot/server';
import { Newest } from './newest.js';
import { StateSender } from './state-sender.js';
import { parse } from './state.js';

/** The ids of the clients. */
export const IDS = ['tx', 'rx'];

/**
 * Passes the state of `tx` on to `rx`, until the server is closed.
 *
 * @param server a server that expects `tx` and `rx`
 * @param log a log for each client
 */
export async function passOn(
  server: Server,
  log: { readonly tx: LinkLog; readonly rx: LinkLog },
): Promise<void> {
  /** The state of tx. Undefined until tx has sent one. */
  let state: boolean | undefined;
  /** Undefined until both clients have connected. */
  let toRx: StateSender | undefined;

  /** Reads from the first line on, so that presses made before rx connects are not sent to rx later. */
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
    toRx = new StateSender(rx); // from now on it also sends after an outage
    if (state !== undefined) toRx.set(state);
    log.rx.state(true, rx);
    log.rx.note('both clients are here');
    rx.on('state', (up) => {
      log.rx.state(up, rx);
    });
    for await (const line of rx) log.rx.nonsense(line); // rx should not send lines
  };

  await Promise.all([fromTx(), withRx()]);
}
