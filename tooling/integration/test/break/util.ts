import { memoryStore, type Entry, type SessionStore } from '@iot/connection';
export const sleep = (ms: number) => new Promise<void>((r) => setTimeout(r, ms));
/** A store whose calls pass through hooks. */
export function hooked(hooks: {
  load?: (id: string) => Promise<void>; append?: (id: string, entries: readonly Entry[]) => Promise<void>;
}, inner: SessionStore = memoryStore()): SessionStore {
  return {
    load: async (id) => { await hooks.load?.(id); return inner.load(id); },
    append: async (id, expected, entries) => { await hooks.append?.(id, entries); return inner.append(id, expected, entries); },
    trim: (...a) => inner.trim(...a), ids: () => inner.ids(), close: () => inner.close(),
  };
}
/** Resolves with 'pending' when it does not settle in time. */
export const within = <T>(p: Promise<T>, ms: number): Promise<T | 'pending'> =>
  Promise.race([p, sleep(ms).then(() => 'pending' as const)]);
export function logger() {
  const lines: string[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  return { lines, debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') };
}
export const never = new Promise<never>(() => undefined);
