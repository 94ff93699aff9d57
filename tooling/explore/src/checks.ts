/**
 * Checks that apply between two ends that follow the protocol, for any behaviour of the network. They are
 * checked in addition to the promise, because a session with a broken rule often still keeps the promise by
 * opening another link.
 */
import type { Action } from './actions.js';
import type { Setting } from './choices.js';
import type { Outcome } from './ends.js';
import { Violation } from './violation.js';
import type { World } from './world.js';

/** @throws Violation if the outcome of an operation cannot be explained by a fault in this bound. */
export function checkOutcome({ bound, protocol }: Setting, world: World, outcome: Outcome): void {
  const { used } = world;
  const { ended, missed, duplicates } = outcome;
  const explained = {
    'protocol-error': false,
    // A write has vanished, or the peer has received more than this end has sent, because this end was
    // restored.
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

/**
 * @throws Violation if a write waits for time to pass although the link works and no bytes are on their way.
 */
export function checkWait({ bound, protocol }: Setting, world: World, action: Action, ms: number): void {
  if (action.type !== 'tick' || ms === 0 || !protocol.exact || !isPlain(bound, world)) return;
  const [link] = world.links;
  const works = link?.client === true && link.server === 'open' && !link.up.lost && !link.down.lost;
  if (works && world.links.length === 1) {
    throw new Violation('a write is not resolved before time passes, although all has arrived');
  }
}

/** True if the bound has no faults other than broken links and restarts. */
function isPlain({ oldServers, stored }: Setting['bound'], { used }: World): boolean {
  // A line that has arrived and is not stored is sent again.
  if (stored !== 'none') return false;
  return used.late + used.vanished + used.visits + used.restores === 0 && !oldServers;
}
