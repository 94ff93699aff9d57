/**
 * All reasons of outages and refusals. Each has a counter from the start, and the OpenAPI document lists
 * them.
 */
import type { LinkEnd, RefusalReason } from '@iot/server';

const outageReasons: Readonly<Record<LinkEnd, true>> = {
  closed: true,
  silence: true,
  'no-first-byte': true,
  fin: true,
  reset: true,
  'protocol-error': true,
  gap: true,
  version: true,
  told: true,
};

const refusalReasons: Readonly<Record<RefusalReason, true>> = {
  'bad-hello': true,
  'no-hello': true,
  'not-expected': true,
  'not-authorized': true,
  proxy: true,
  tls: true,
  'wrong-id': true,
  disconnected: true,
  duplicate: true,
  'too-many-sessions': true,
  'too-many-connections': true,
  'too-many-failures': true,
};

export const OUTAGE_REASONS = Object.keys(outageReasons);
export const REFUSAL_REASONS = Object.keys(refusalReasons);
