import { runScript, seededScript, startFaultProxy } from '../src/index.js';

/** `port` is the server's. Aborting `over` ends it. */
export async function harass(port: number, over: AbortSignal): Promise<number> {
  await using proxy = await startFaultProxy({ to: { host: '127.0.0.1', port } });
  const script = seededScript(7, { kinds: ['cut', 'stall', 'drop'], meanPauseMs: 10, durationMs: 50 });
  await runScript(proxy, script, { signal: over }); // heals at its end
  return script.length;
}
