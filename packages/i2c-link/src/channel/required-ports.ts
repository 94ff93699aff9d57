/**
 * Checks the wires that an application passes as options. Without this check a missing or wrong wire would be found only
 * when the channel opens. There it looks like broken hardware, and opening is tried again without end.
 */
import { UsageError } from '@iot/framing';
import { LONGEST_TIMER_MS, requireInteger, requireKnownOptions, requireMethods } from '@iot/qos/internal';

const PIN_METHODS = ['read', 'write', 'onEdge'];
const RESET_OPTIONS = ['pin', 'activeLevel', 'pulseMs'];

/** @throws UsageError `ERR_BAD_OPTION` for a wire that cannot be used. */
export function requireWires({
  syn,
  ack,
  reset,
}: { readonly [K in 'syn' | 'ack' | 'reset']?: unknown }): void {
  requireMethods('syn', syn, PIN_METHODS);
  requireMethods('ack', ack, PIN_METHODS);
  if (reset === undefined) return;
  const { pin, activeLevel = 0, pulseMs = 1 } = (reset ?? {}) as Record<string, unknown>;
  requireMethods('reset.pin', pin, PIN_METHODS);
  requireKnownOptions(reset, RESET_OPTIONS, 'reset.');
  if (activeLevel !== 0 && activeLevel !== 1) {
    throw new UsageError('ERR_BAD_OPTION', 'reset.activeLevel must be 0 or 1');
  }
  requireInteger('reset.pulseMs', pulseMs, 1, LONGEST_TIMER_MS);
}
