/** What `remote` and `latency` ask of the processes they start, and what these tell. */
import type { Parent } from '@iot/app-kit';

/** `press` the button; `when` was it pressed last; `end` as after Ctrl-C. */
export type Order = 'press' | 'when' | 'end';

export type News =
  | { readonly type: 'listening'; readonly port: number }
  /** The button was pressed. */
  | { readonly type: 'pressed'; readonly at: bigint }
  /** The LED has been switched. */
  | { readonly type: 'led'; readonly on: boolean; readonly at: bigint };

/** The variable that a parent sets for its processes: a parent with a channel may be something else. */
export const MARK = 'IOT_REMOTE_CONTROL';

export const hasParent = process.env[MARK] !== undefined && process.send !== undefined;

/** Tells the parent, if this process has one. */
export function tell(news: News): void {
  if (hasParent && process.connected) process.send?.(news);
}

/** Hears the parent, if this process has one. */
export function onOrder(wanted: Order, act: () => void): void {
  if (!hasParent) return;
  process.on('message', (order: Order) => {
    if (order === wanted) act();
  });
}

/** Nanoseconds on the monotonic clock, which all processes of a machine share. */
export function clock(): bigint {
  return process.hrtime.bigint();
}

/** `remote` or `latency`, if it has started this process. */
export const parent: Parent | undefined = hasParent
  ? {
      onEnd: (end) => {
        onOrder('end', end);
      },
    }
  : undefined;
