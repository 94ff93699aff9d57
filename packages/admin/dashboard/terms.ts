/** What the words of the page mean: shown as tooltips, and in the panel of a board for those who cannot hover. */
import { FLAPS } from '../src/trouble.js';

const WITHIN = `within ${FLAPS.withinMs / 60_000} minutes`;

export const TERMS = {
  flapping: `${FLAPS.count} or more outages ${WITHIN}`,
  down: 'Down now, and not flapping',
  strip: 'Green: up. Red: down; the height is the part of the time. Grey: not recorded.',
  outages: `Outages ${WITHIN}`,
  roundTrip: 'Round trip: the time from the write of a line to its ack, averaged over about eight lines',
  repeats: 'Repeats: lines that the server sent again, because their ack had not come',
  writeToAck:
    'Half of the lines to boards were acked within the median, and 95 % of them within the other value',
} as const;
