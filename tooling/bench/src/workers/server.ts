/** A server in a separate process, with measurements of its CPU time and memory. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { attachAdmin } from '@iot/admin';
import type { Server } from '@iot/server';
import { collectGarbage } from '../collect-garbage.js';
import type { Endpoint, Served } from '../contestants/contestant.js';
import { CONTESTANTS, type ContestantName } from '../contestants/contestants.js';
import { serveFleet, type FleetName } from '../fleet/serve.js';
import { answerCalls, type Placed } from './remote.js';

export type ServerRole = Placed & { readonly endpoint: Endpoint } & (
    { readonly lines: ContestantName } | { readonly fleet: FleetName }
  );

/** Clock ticks per second in /proc, the same for every program. */
const TICKS = 100;
const DELAY_RESOLUTION_MS = 5;

let served: Served = {};
let fleet: Server | undefined;
const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });

const handlers = (role: ServerRole) => ({
  async serve(): Promise<void> {
    const { endpoint } = role;
    if ('fleet' in role) fleet = await serveFleet(role.fleet, endpoint);
    else served = await (await CONTESTANTS[role.lines].load()).serve(endpoint);
    delay.enable();
  },

  /** Attaches @iot/admin to a server of this project. Returns its port. */
  async attachAdmin(): Promise<number> {
    return (await attachAdmin(fleet!, { port: 0 })).address.port;
  },

  /** CPU time since the start, in µs. */
  cpuUs(): number {
    return served.pid === undefined ? ownCpuUs() : cpuUsOf(served.pid);
  },

  /** RSS in bytes, after a garbage collection. */
  memoryBytes(): number {
    collectGarbage();
    collectGarbage();
    return process.memoryUsage.rss();
  },

  /** The longest block of the event loop since the previous call, in ms. */
  longestBlockMs(): number {
    const longest = delay.max / 1e6;
    delay.reset();
    return Math.max(0, longest - DELAY_RESOLUTION_MS);
  },
});

export type ServerCalls = ReturnType<typeof handlers>;

function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function cpuUsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Fields after the name of the program, which may contain spaces: user and system time are the 12th and the
  // 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS;
}

await answerCalls(handlers);
