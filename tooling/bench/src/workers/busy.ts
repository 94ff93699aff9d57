/** A busy neighbour: a process that uses one core completely, but still handles the request to end. */
import { answerCalls } from './remote.js';

const SLICE_MS = 20;

const handlers = () => ({
  start(): void {
    spin();
  },
});

export type BusyCalls = ReturnType<typeof handlers>;

function spin(): void {
  const end = performance.now() + SLICE_MS;
  while (performance.now() < end);
  setImmediate(spin);
}

await answerCalls(handlers);
