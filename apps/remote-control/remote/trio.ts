/** The server, rx and tx as processes of this machine, with their links up. */
import type { ProcessGroup, WorkerProcess } from '@iot/app-kit';
import type { News, Order, Role } from './worker.js';

export type Group = ProcessGroup<Order, News>;
export type Worker = WorkerProcess<Order, News>;

export interface Trio {
  readonly server: Worker;
  readonly rx: Worker;
  readonly tx: Worker;
  /** Of the server. */
  readonly port: number;
}

/** Starts one process, whose name is its part. */
export function startPart(group: Group, role: Role): Worker {
  return group.start({ name: role.part, program: new URL('worker.js', import.meta.url), role });
}

/**
 * Resolves once rx shows the state of tx.
 *
 * @param settings its port is another one when that is not free
 */
export async function startTrio(group: Group, { every, ...settings }: Omit<Role, 'part'>): Promise<Trio> {
  const server = startPart(group, { part: 'server', ...settings });
  const { port } = await group.until('the server', () => server.latest('listening'));
  const rx = startPart(group, { ...settings, part: 'rx', port });
  const tx = startPart(group, { ...settings, part: 'tx', port, ...(every !== undefined && { every }) });
  await group.until('the first state', () => rx.latest('led'));
  return { server, rx, tx, port };
}
