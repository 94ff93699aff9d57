/** Which way bytes go through a link. */
export type Direction = 'toServer' | 'toClient';

/** One way, or both. */
export type Directions = Direction | 'both';

/** The directions that a word means. */
export function each(directions: Directions): readonly Direction[] {
  return directions === 'both' ? ['toServer', 'toClient'] : [directions];
}
