/**
 * How the models of an original I2C channel ask the world for what takes time. An original runs an exchange from top to
 * bottom and blocks where it waits, and so its model is a generator that yields where the original blocks. The world
 * performs each step, goes on with what came of it, and throws an `OriginalOsError` into the generator where the
 * original's call would raise an OSError.
 */
export type ChannelStep =
  /** Drive the own wire. */
  | { readonly type: 'own'; readonly level: 0 | 1 }
  /** Drive the responder's reset input. */
  | { readonly type: 'reset'; readonly active: boolean }
  /** Wait until the remote wire has this level; an OSError when that takes longer than `withinMs`. */
  | { readonly type: 'await'; readonly level: 0 | 1; readonly withinMs: number }
  | { readonly type: 'sleep'; readonly ms: number }
  /** Move bytes to the other unit; an OSError when that fails, or takes longer than `withinMs`. */
  | { readonly type: 'send'; readonly bytes: Uint8Array; readonly withinMs: number }
  /** Get bytes from the other unit, which are what the generator goes on with. */
  | { readonly type: 'receive'; readonly length: number; readonly withinMs: number };

/** What a generator goes on with: the bytes of a `receive`. */
export type ChannelRun = Generator<ChannelStep, void, Uint8Array | undefined>;

/** What MicroPython's hardware raises. */
export class OriginalOsError extends Error {
  override readonly name = 'OriginalOsError';
}

/** Longest payload: the originals' buffers. Beyond it they raise a ValueError that is not caught. */
export const BUFFER_BYTES = 200;
/** Between the initiator's edge and the responder's transfer. */
export const PREPARE_MS = 0.02;
