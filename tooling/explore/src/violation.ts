/** Thrown when an action leads to a state in which the promise is broken. */
export class Violation extends Error {}
