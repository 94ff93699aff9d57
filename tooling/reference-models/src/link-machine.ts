/**
 * How a world drives a model: the shape of the simulation kit's `Machine`, declared here once more because this
 * package imports no other.
 */
export interface LinkMachine {
  open(now: number): void;
  receive(chunk: Uint8Array, now: number): void;
  linkClosed(now: number, how: 'fin' | 'reset'): void;
  takeOutput(now: number): Uint8Array | undefined;
  backPressure(on: boolean): void;
  nextDeadline(): number;
  tick(now: number): void;
  readonly linkOpen: boolean;
}
