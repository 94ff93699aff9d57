/**
 * What two ends that keep to the protocol never do to each other, whatever the network does: checked besides the promise,
 * since a session whose rules are broken often keeps its promise all the same, with another link.
 */
import type { Action } from './actions.js';
import type { Setting } from './choices.js';
import type { Outcome } from './ends.js';
import { Violation } from './violation.js';
import type { World } from './world.js';

/** @throws Violation when an end of these does what no world of the bound explains. */
export function checkOutcome({ bound, protocol }: Setting, world: World, outcome: Outcome): void {
  const { used } = world;
  const { ended, missed, duplicates } = outcome;
  const explained = {
    'protocol-error': false,
    // What was written did not arrive, or the peer has more than this end has sent since it is an earlier one again.
    gap: used.vanished + used.restores > 0,
    version: used.late + used.vanished > 0 || bound.oldServers,
  };
  if (ended !== undefined && ended in explained && !explained[ended as keyof typeof explained]) {
    throw new Violation(`an end ends the link (${ended}), and nothing has happened that explains it`);
  }
  if (missed && isPlain(bound, world)) throw new Violation('an end misses lines that no other end has taken');
  if (duplicates > 0 && protocol.exact && isPlain(bound, world)) {
    throw new Violation('a line was sent again that had come, and its sender was told so');
  }
}

/** @throws Violation when a write waits for time to pass, over a link that works, with nothing on its way. */
export function checkWait({ bound, protocol }: Setting, world: World, action: Action, ms: number): void {
  if (action.type !== 'tick' || ms === 0 || !protocol.exact || !isPlain(bound, world)) return;
  const [link] = world.links;
  const works = link?.client === true && link.server === 'open' && !link.up.lost && !link.down.lost;
  if (works && world.links.length === 1) {
    throw new Violation('a write is not resolved before time passes, although all has arrived');
  }
}

/** Links were broken and processes have died, and nothing else went wrong. */
function isPlain({ oldServers, stored }: Setting['bound'], { used }: World): boolean {
  // A line that has come and is not stored is sent again.
  if (stored !== 'none') return false;
  return used.late + used.vanished + used.visits + used.restores === 0 && !oldServers;
}
