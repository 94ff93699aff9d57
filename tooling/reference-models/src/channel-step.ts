/**
 * The steps of the models of an original I2C channel: each change of a wire, each wait and each transfer. The
 * terms are those of docs/I2C.md. An original runs an exchange as one function and blocks while it waits. Its
 * model is therefore a generator that yields each of these steps. The simulated world performs the step and
 * resumes the generator with the result. If the original's call would raise an OSError, the world throws an
 * `OriginalOsError` into the generator.
 */
export type ChannelStep =
  /** Drive this unit's own wire. */
  | { readonly type: 'own'; readonly level: 0 | 1 }
  /** Drive the responder's reset input. */
  | { readonly type: 'reset'; readonly active: boolean }
  /** Wait until the remote wire has this level; an OSError when that takes longer than `withinMs`. */
  | { readonly type: 'await'; readonly level: 0 | 1; readonly withinMs: number }
  | { readonly type: 'sleep'; readonly ms: number }
  /** Move bytes to the other unit; an OSError when that fails, or takes longer than `withinMs`. */
  | { readonly type: 'send'; readonly bytes: Uint8Array; readonly withinMs: number }
  /** Receive bytes from the other unit. The generator is resumed with these bytes. */
  | { readonly type: 'receive'; readonly length: number; readonly withinMs: number };

/** A generator of steps. It is resumed with the bytes of a `receive`. */
export type ChannelRun = Generator<ChannelStep, void, Uint8Array | undefined>;

/** The OSError that MicroPython raises for a failure of the hardware. */
export class OriginalOsError extends Error {
  override readonly name = 'OriginalOsError';
}

/**
 * Longest payload: the size of the originals' buffers. For a longer payload they raise a ValueError, which is
 * not caught.
 */
export const BUFFER_BYTES = 200;
/** Time between the initiator's edge and the responder's transfer. */
export const PREPARE_MS = 0.02;
