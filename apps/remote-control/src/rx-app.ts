import type { LinkLog } from '@iot/app-kit';
import type { Connection } from '@iot/client';
import type { Led } from './led.js';
import { Newest } from './newest.js';
import { parse } from './state.js';

/** The client with the LED: shows what the server sends until the link is closed. */
export async function showOn(led: Led, link: Connection, log: LinkLog): Promise<void> {
  const newest = new Newest();
  link.on('state', (up) => {
    log.state(up, link);
    if (up) newest.linkUp();
  });
  let shown: boolean | undefined;
  // During an outage this loop waits, and the LED does not change.
  for await (const line of link) {
    const state = parse(line);
    if (state === undefined) {
      log.nonsense(line);
    } else if (newest.accepts(state) && state.on !== shown) {
      led.show(state.on);
      shown = state.on;
    }
  }
}
