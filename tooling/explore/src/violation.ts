/** The promise was broken in the state that was about to be reached. */
export class Violation extends Error {}
