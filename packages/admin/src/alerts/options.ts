import { UsageError } from '@iot/framing';
import { LONGEST_TIMER_MS, requireInteger, requireKnownOptions } from '@iot/qos/internal';
import type { RefusalReason } from '@iot/server';

/** An alert about a client. Times are ISO 8601. */
export type Alert =
  /** It has been down for longer than `silentForMs`. */
  | { readonly kind: 'silent'; readonly at: string; readonly id: string; readonly since: string }
  /** It was reported as silent, and is up again. */
  | { readonly kind: 'back'; readonly at: string; readonly id: string }
  /** Its links have ended this number of times within `withinMs`. */
  | {
      readonly kind: 'flaps';
      readonly at: string;
      readonly id: string;
      readonly outages: number;
      readonly withinMs: number;
    }
  /** Its connection was refused; `detail` explains the reason. */
  | {
      readonly kind: 'refused';
      readonly at: string;
      readonly id: string | undefined;
      readonly address: string | undefined;
      readonly reason: RefusalReason;
      readonly detail: string | undefined;
    };

export interface AlertOptions {
  /** Reports a client that has been down for longer than this, ms, and again when it is up. Default: none. */
  readonly silentForMs?: number | undefined;
  /** Reports a client whose links have ended `count` times within `withinMs`, at most once in `withinMs`. Default: none. */
  readonly flaps?: { readonly count: number; readonly withinMs: number } | undefined;
  /**
   * True reports refused connections: at most once per minute for the same reason and id, and ten times per
   * minute in total. Default false.
   */
  readonly refused?: boolean | undefined;
  /**
   * Where alerts go: a function, or an http or https URL to which each alert is posted as JSON. A failed
   * alert is tried again after pauses of 1, 2, 4 and 8 s, and then given up. An attempt fails when the function
   * throws or rejects, or the URL cannot be reached, takes longer than 10 s, or answers 429 or 5xx.
   */
  readonly to: string | URL | ((alert: Alert) => void | Promise<void>);
}

export interface AlertSettings {
  readonly silentForMs: number | undefined;
  readonly flaps: { readonly count: number; readonly withinMs: number } | undefined;
  readonly refused: boolean;
  readonly to: URL | ((alert: Alert) => void | Promise<void>);
}

const NAMES = ['silentForMs', 'flaps', 'refused', 'to'] as const satisfies (keyof AlertOptions)[];

/** @throws UsageError `ERR_BAD_OPTION` for an invalid option. */
export function alertSettings(options: AlertOptions): AlertSettings {
  requireKnownOptions(options, NAMES, 'alerts.');
  const { silentForMs, flaps, refused = false, to } = options;
  if (silentForMs !== undefined) requireInteger('alerts.silentForMs', silentForMs, 1, LONGEST_TIMER_MS);
  if (flaps !== undefined) {
    requireKnownOptions(flaps, ['count', 'withinMs'], 'alerts.flaps.');
    requireInteger('alerts.flaps.count', flaps.count, 2, 1000);
    requireInteger('alerts.flaps.withinMs', flaps.withinMs, 1);
  }
  if (typeof refused !== 'boolean') throw bad('alerts.refused must be true or false');
  if (silentForMs === undefined && flaps === undefined && !refused)
    throw bad('alerts must have at least one of silentForMs, flaps and refused');
  return { silentForMs, flaps, refused, to: typeof to === 'function' ? to : urlOf(to) };
}

/** The URL may contain a secret, so the error does not quote it. */
function urlOf(to: unknown): URL {
  const text = to instanceof URL ? to.href : to;
  if (typeof text === 'string' && /^https?:/i.test(text) && URL.canParse(text)) return new URL(text);
  throw bad('alerts.to must be an http or https URL, or a function');
}

function bad(message: string): UsageError {
  return new UsageError('ERR_BAD_OPTION', message);
}
