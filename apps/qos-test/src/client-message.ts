import { freemem } from 'node:os';
import type { Client } from '@iot/client';
import type { Data } from './message.js';
import type { Traffic } from './traffic.js';

/** Interval between two readings of the free memory, because a reading takes longer than sending a line. */
const MEMORY_MS = 1000;

/** Makes the messages of a client. `traffic` provides the counts of received messages. */
export function clientMessages(
  client: Pick<Client, 'connects'>,
  traffic: () => Traffic,
): (id: number) => Data {
  const startedAt = performance.now();
  const freeMemory = sampled(freemem, MEMORY_MS);
  return (id) => {
    const { duplicates, missing, outOfOrder } = traffic().checker.counts;
    const uptime = Math.floor((performance.now() - startedAt) / 1000);
    return [id, client.connects, freeMemory(), duplicates, missing, outOfOrder, uptime];
  };
}

/** Calls `ask` at most every `ms`. */
function sampled(ask: () => number, ms: number): () => number {
  let value = ask();
  let askedAt = performance.now();
  return () => {
    if (performance.now() - askedAt >= ms) {
      value = ask();
      askedAt = performance.now();
    }
    return value;
  };
}
