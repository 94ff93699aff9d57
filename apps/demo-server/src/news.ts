/** What the demo asks of the processes it starts, and what they tell it. */
import type { Parent } from '@iot/app-kit';

/** `finish` sending; `report` what happened; `end` as after Ctrl-C. */
export type Order = 'finish' | 'report' | 'end';

export type News =
  | { readonly type: 'listening'; readonly port: number }
  /** The link of this client came up. */
  | { readonly type: 'up'; readonly id: string; readonly connects: number }
  /** Everything sent is acked, and nothing more is sent. */
  | { readonly type: 'finished' }
  | { readonly type: 'report'; readonly ends: readonly EndReport[] };

/** What one end of a link saw. */
export interface EndReport {
  /** The client's id. */
  readonly id: string;
  /** Lines sent: their counts are 0, 1, 2 … */
  readonly sent: number;
  /** The counts of the lines that came, in their order. */
  readonly received: readonly number[];
  readonly outages: number;
  readonly retransmitted: number;
  readonly duplicatesDropped: number;
}

/** The variable that the demo sets for its processes: a parent with a channel may be something else. */
export const MARK = 'IOT_DEMO';

export const startedByDemo = process.env[MARK] !== undefined && process.send !== undefined;

/** Tells the demo, if this process has one. */
export function tell(news: News): void {
  if (startedByDemo && process.connected) process.send?.(news);
}

/** The demo, if it has started this process. */
export const parent: Parent | undefined = startedByDemo
  ? {
      onEnd: (end) => {
        process.on('message', (order: Order) => {
          if (order === 'end') end();
        });
      },
    }
  : undefined;
