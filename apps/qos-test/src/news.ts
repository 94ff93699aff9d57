/** What a campaign gives to the processes it starts, what it asks of them, and what they tell it. */
import type { Parent } from '@iot/app-kit';

/** The part of one process. */
export interface Part {
  /** The number of this life of this end: 1, 2, 3 … */
  readonly life: number;
  /** The file that takes the log of this life. */
  readonly log: string;
}

export type Order =
  /** So many lines may be written in this life, in all. */
  | { readonly type: 'allow'; readonly lines: number }
  /** No more than are allowed now. */
  | { readonly type: 'finish' }
  | { readonly type: 'report' }
  /** As after Ctrl-C. */
  | { readonly type: 'end' };

export interface Facts {
  readonly connects: number;
  /** Writes that have not resolved. */
  readonly unresolved: number;
  readonly outages: number;
  readonly retransmitted: number;
  readonly duplicatesDropped: number;
}

export type News =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'state'; readonly up: boolean; readonly facts: Facts }
  /** So many lines have been read in this life; told now and then. */
  | { readonly type: 'progress'; readonly read: number }
  /** Everything that was allowed is written and acked, after `finish`. */
  | { readonly type: 'finished' }
  | { readonly type: 'report'; readonly facts: Facts };

/** The variable that hands a process its part, as JSON. */
export const MARK = 'IOT_QOS_CAMPAIGN';

/** A parent with a channel may be something else. */
export const inCampaign = process.env[MARK] !== undefined && process.send !== undefined;

/** The part of this process in a campaign. */
export function part(): Part | undefined {
  return inCampaign ? (JSON.parse(process.env[MARK]!) as Part) : undefined;
}

/** Tells the campaign, if this process has one. */
export function tell(news: News): void {
  if (inCampaign && process.connected) process.send?.(news);
}

/** The campaign, if this process has one. */
export const parent: Parent | undefined = inCampaign
  ? {
      onEnd: (end) => {
        process.on('message', (order: Order) => {
          if (order.type === 'end') end();
        });
      },
    }
  : undefined;
