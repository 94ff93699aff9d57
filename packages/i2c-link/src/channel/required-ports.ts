/**
 * The wires and the bus that an application gives. One that is missing or of another shape would only be met in the first
 * exchange, where it looks like a wire that has broken and is tried again for ever.
 */
import { requireKnownOptions } from '@iot/connection/internal';
import { UsageError } from '@iot/framing';
import { requireInteger } from '@iot/qos';

const PIN_METHODS = ['read', 'write', 'onEdge'];
const RESET_OPTIONS = ['pin', 'activeLevel', 'pulseMs'];

/** A longer timer of Node's goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @throws UsageError `ERR_BAD_OPTION` unless `port` has these methods. */
export function requirePort(name: string, port: unknown, methods: readonly string[]): void {
  const given = port as Record<string, unknown> | null | undefined;
  if (methods.every((method) => typeof given?.[method] === 'function')) return;
  throw new UsageError('ERR_BAD_OPTION', `${name} must be an object with the methods ${methods.join(', ')}`);
}

/** @throws UsageError `ERR_BAD_OPTION` unless each of these is a function, where it is given. */
export function requireFunctions<Name extends string>(
  settings: { readonly [name in Name]?: unknown },
  names: readonly Name[],
): void {
  for (const name of names) {
    if (settings[name] !== undefined && typeof settings[name] !== 'function')
      throw new UsageError('ERR_BAD_OPTION', `${name} must be a function`);
  }
}

/** @throws UsageError `ERR_BAD_OPTION` for a wire that cannot be used. */
export function requireWires({
  syn,
  ack,
  reset,
}: { readonly [K in 'syn' | 'ack' | 'reset']?: unknown }): void {
  requirePort('syn', syn, PIN_METHODS);
  requirePort('ack', ack, PIN_METHODS);
  if (reset === undefined) return;
  const { pin, activeLevel = 0, pulseMs = 1 } = (reset ?? {}) as Record<string, unknown>;
  requirePort('reset.pin', pin, PIN_METHODS);
  requireKnownOptions(reset, RESET_OPTIONS, 'reset.');
  if (activeLevel !== 0 && activeLevel !== 1) {
    throw new UsageError('ERR_BAD_OPTION', 'reset.activeLevel must be 0 or 1');
  }
  requireInteger('reset.pulseMs', pulseMs, 1, LONGEST_TIMER_MS);
}
